// Linear regression: step = mu * (prediction - label).
module stage_linear #(
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16,
    parameter SUM_BITS = 27
) (
    input  wire                            clk,
    input  wire                            decide,
    input  wire                            learning,
    input  wire signed [SUM_BITS-1:0]      sum,
    input  wire signed [INTERNAL_BITS-1:0] label,       // target, Q4
    input  wire signed [INTERNAL_BITS-1:0] mu,
    output reg  signed [INTERNAL_BITS-1:0] step,
    output reg  signed [INTERNAL_BITS-1:0] prediction
);

    wire signed [INTERNAL_BITS-1:0] inner;
    round_saturate #(.IN(SUM_BITS), .SHIFT(INPUT_BITS - 1), .OUT(INTERNAL_BITS)) to_internal (
        .value(sum), .result(inner)
    );

    wire signed [INTERNAL_BITS:0] difference = inner - label;
    wire signed [INTERNAL_BITS-1:0] error;
    wire signed [INTERNAL_BITS-1:0] scaled;
    round_saturate #(.IN(INTERNAL_BITS + 1), .SHIFT(0), .OUT(INTERNAL_BITS)) clip (
        .value(difference), .result(error)
    );
    scale_error #(.INTERNAL_BITS(INTERNAL_BITS)) scale_error (.error(error), .mu(mu), .scaled(scaled));

    always @(posedge clk) begin
        if (decide) begin
            prediction <= inner;
            step <= learning ? scaled : {INTERNAL_BITS{1'b0}};
        end
    end

endmodule
