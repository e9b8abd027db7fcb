// Logistic regression: step = mu * (sigmoid(inner product) - label), the sigmoid from a table.
module stage_logistic #(
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16,
    parameter SUM_BITS = 27
) (
    input  wire                            clk,
    input  wire                            decide,
    input  wire                            learning,
    input  wire signed [SUM_BITS-1:0]      sum,
    input  wire                            label,       // class 1 or 0
    input  wire signed [INTERNAL_BITS-1:0] mu,
    output reg  signed [INTERNAL_BITS-1:0] step,
    output reg  signed [INTERNAL_BITS-1:0] prediction
);

    localparam FRACTION = INTERNAL_BITS - 4;
    localparam signed [INTERNAL_BITS-1:0] ONE = 1 << FRACTION;
    localparam signed [INTERNAL_BITS-1:0] HALF = ONE >>> 1;
    localparam TABLE_BITS = @TABLE_BITS@;  // fraction bits that the table holds

    wire signed [INTERNAL_BITS-1:0] inner;
    round_saturate #(.IN(SUM_BITS), .SHIFT(INPUT_BITS - 1), .OUT(INTERNAL_BITS)) to_internal (
        .value(sum), .result(inner)
    );

    // The sigmoid is symmetric around (0, 1/2), so the table holds its positive half, above 1/2.
    wire negative = inner[INTERNAL_BITS-1];
    wire [INTERNAL_BITS-2:0] magnitude = inner[INTERNAL_BITS-2:0] ^ {(INTERNAL_BITS-1){negative}};
    wire [TABLE_BITS-1:0] above_half;
    sigmoid_table sigmoid_table (.index(magnitude[INTERNAL_BITS-2 -: 7]), .above_half(above_half));

    wire signed [INTERNAL_BITS-1:0] offset = above_half << (FRACTION - TABLE_BITS);
    wire signed [INTERNAL_BITS-1:0] sigmoid = negative ? HALF - offset : HALF + offset;
    wire signed [INTERNAL_BITS-1:0] error = label ? sigmoid - ONE : sigmoid;
    wire signed [INTERNAL_BITS-1:0] scaled;
    scale_error #(.INTERNAL_BITS(INTERNAL_BITS)) scale_error (.error(error), .mu(mu), .scaled(scaled));

    always @(posedge clk) begin
        if (decide) begin
            prediction <= sigmoid;
            step <= learning ? scaled : {INTERNAL_BITS{1'b0}};
        end
    end

endmodule
