// Support vector machine: a vector inside the margin (label * prediction < 1) moves the weights by mu * label.
module stage_svm #(
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16,
    parameter SUM_BITS = 27
) (
    input  wire                            clk,
    input  wire                            decide,
    input  wire                            learning,
    input  wire signed [SUM_BITS-1:0]      sum,
    input  wire                            label,       // 1: class +1, 0: class -1
    input  wire signed [INTERNAL_BITS-1:0] mu,
    output reg  signed [INTERNAL_BITS-1:0] step,
    output reg  signed [INTERNAL_BITS-1:0] prediction
);

    localparam FRACTION = INTERNAL_BITS - 4;
    localparam signed [INTERNAL_BITS-1:0] ONE = 1 << FRACTION;

    wire signed [INTERNAL_BITS-1:0] inner;
    round_saturate #(.IN(SUM_BITS), .SHIFT(INPUT_BITS - 1), .OUT(INTERNAL_BITS)) to_internal (
        .value(sum), .result(inner)
    );

    wire inside_margin = label ? (inner < ONE) : (inner > -ONE);

    wire signed [INTERNAL_BITS:0] minus_mu = -mu;
    wire signed [INTERNAL_BITS-1:0] clipped;
    round_saturate #(.IN(INTERNAL_BITS + 1), .SHIFT(0), .OUT(INTERNAL_BITS)) clip (
        .value(minus_mu), .result(clipped)
    );

    always @(posedge clk) begin
        if (decide) begin
            prediction <= inner;
            step <= (learning & inside_margin) ? (label ? clipped : mu) : {INTERNAL_BITS{1'b0}};
        end
    end

endmodule
