// Recommender: step = mu * (prediction - rating) for a user who rated the item, else 0.
module stage_recommender #(
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16,
    parameter SUM_BITS = 27
) (
    input  wire                            clk,
    input  wire                            decide,
    input  wire                            learning,
    input  wire signed [SUM_BITS-1:0]      sum,
    input  wire        [INTERNAL_BITS:0]   label,       // {rated, rating in Q4}
    input  wire signed [INTERNAL_BITS-1:0] mu,
    output reg  signed [INTERNAL_BITS-1:0] step,
    output reg  signed [INTERNAL_BITS-1:0] prediction
);

    wire signed [INTERNAL_BITS-1:0] inner;
    round_saturate #(.IN(SUM_BITS), .SHIFT(INPUT_BITS - 1), .OUT(INTERNAL_BITS)) to_internal (
        .value(sum), .result(inner)
    );

    wire rated = label[INTERNAL_BITS];
    wire signed [INTERNAL_BITS-1:0] rating = label[INTERNAL_BITS-1:0];

    wire signed [INTERNAL_BITS:0] difference = inner - rating;
    wire signed [INTERNAL_BITS-1:0] error;
    wire signed [INTERNAL_BITS-1:0] scaled;
    round_saturate #(.IN(INTERNAL_BITS + 1), .SHIFT(0), .OUT(INTERNAL_BITS)) clip (
        .value(difference), .result(error)
    );
    scale_error #(.INTERNAL_BITS(INTERNAL_BITS)) scale_error (.error(error), .mu(mu), .scaled(scaled));

    always @(posedge clk) begin
        if (decide) begin
            prediction <= inner;
            step <= (learning & rated) ? scaled : {INTERNAL_BITS{1'b0}};
        end
    end

endmodule
