// Multiply a chunk of features by their weights and add it to the sum; the first chunk starts a new sum.
// SUM_BITS is wide enough for every product at its largest, so the sum never overflows.
module inner_product #(
    parameter LANES = 2,
    parameter CYCLES = 4,
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16,
    parameter SUM_BITS = 27
) (
    input  wire                           clk,
    input  wire                           first,
    input  wire [LANES*INPUT_BITS-1:0]    features,
    input  wire [LANES*INTERNAL_BITS-1:0] weights,
    output reg  signed [SUM_BITS-1:0]     sum
);

    localparam PRODUCT_BITS = INPUT_BITS + INTERNAL_BITS;

    wire [LANES*PRODUCT_BITS-1:0] products;
    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : multiply
            assign products[lane*PRODUCT_BITS +: PRODUCT_BITS] =
                $signed(features[lane*INPUT_BITS +: INPUT_BITS]) *
                $signed(weights[lane*INTERNAL_BITS +: INTERNAL_BITS]);
        end
    endgenerate

    wire signed [SUM_BITS-1:0] chunk;
    adder_tree #(.PRODUCT_BITS(PRODUCT_BITS), .SUM_BITS(SUM_BITS)) adder_tree (
        .products(products), .sum(chunk)
    );

    generate
        if (CYCLES == 1) begin : single
            always @(posedge clk) sum <= chunk;
        end else begin : accumulate
            wire signed [SUM_BITS-1:0] carried = first ? {SUM_BITS{1'b0}} : sum;
            always @(posedge clk) sum <= carried + chunk;
        end
    endgenerate

endmodule
