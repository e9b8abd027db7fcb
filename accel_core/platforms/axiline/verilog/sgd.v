// One step of stochastic gradient descent on the chunk at the tail of the ring: weight - step * feature.
// A step of zero passes the weights unchanged.
module sgd #(
    parameter LANES = 2,
    parameter INPUT_BITS = 8,
    parameter INTERNAL_BITS = 16
) (
    input  wire                            clk,
    input  wire signed [INTERNAL_BITS-1:0] step,
    input  wire [LANES*INPUT_BITS-1:0]     features,
    input  wire [LANES*INTERNAL_BITS-1:0]  weights,
    output reg  [LANES*INTERNAL_BITS-1:0]  updated
);

    localparam FRACTION = INPUT_BITS - 1;
    localparam WIDE_BITS = INPUT_BITS + INTERNAL_BITS;

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : update
            wire signed [INPUT_BITS-1:0]    feature = features[lane*INPUT_BITS +: INPUT_BITS];
            wire signed [INTERNAL_BITS-1:0] weight = weights[lane*INTERNAL_BITS +: INTERNAL_BITS];
            wire signed [INTERNAL_BITS-1:0] moved;

            // The weight gets the product's fraction bits before, so that the difference is rounded only once.
            wire signed [WIDE_BITS-1:0] raised = $signed({weight, {FRACTION{1'b0}}});
            wire signed [WIDE_BITS-1:0] product = step * feature;
            wire signed [WIDE_BITS-1:0] difference = raised - product;

            round_saturate #(.IN(WIDE_BITS), .SHIFT(FRACTION), .OUT(INTERNAL_BITS)) to_internal (
                .value(difference), .result(moved)
            );

            always @(posedge clk) updated[lane*INTERNAL_BITS +: INTERNAL_BITS] <= moved;
        end
    endgenerate

endmodule
