// Top level: a ring in which the weights pass the inner product at its head and the SGD update at its tail.
module axiline #(
@PARAMETERS@
) (
    input  wire                                 clk,
    input  wire                                 rst,           // two cycles or more; load the weights after it
    output wire                                 ready,         // chunk 0 of vector or weights may enter now
    // One vector: chunk 0 with valid, train and label while ready is high, then a chunk every cycle.
    input  wire                                 valid,
    input  wire                                 train,         // 0: predict only, the weights stay
    input  wire [LANES*INPUT_BITS-1:0]          features,
    input  wire [UNITS*LABEL_BITS-1:0]          label,
    input  wire signed [INTERNAL_BITS-1:0]      mu,            // learning rate, constant while vectors are inside
    // Weights: chunk 0 with load while ready is high, then a chunk every cycle; valid stays low meanwhile.
    input  wire                                 load,
    input  wire [UNITS*LANES*INTERNAL_BITS-1:0] load_weights,
    output wire [UNITS*LANES*INTERNAL_BITS-1:0] weights,       // chunk c in the c-th cycle after ready
    output reg                                  prediction_valid,
    output wire [UNITS*INTERNAL_BITS-1:0]       prediction
);

    localparam WEIGHT_BITS = LANES * INTERNAL_BITS;

    wire decide, busy, learning;
    control #(.CYCLES(CYCLES), .PHASE_BITS(@PHASE_BITS@)) control (
        .clk(clk), .rst(rst), .valid(valid), .train(train),
        .ready(ready), .decide(decide), .busy(busy), .learning(learning)
    );

    reg [UNITS*LABEL_BITS-1:0] held_label;
    always @(posedge clk) begin
        prediction_valid <= decide & busy;
        if (ready) held_label <= label;
    end

    // CYCLES + 1 slots of delay and the update register in sgd: CYCLES + 2 slots, the time from vector to vector.
    wire [UNITS*WEIGHT_BITS-1:0]  tail_weights;
    wire [LANES*INPUT_BITS-1:0]   tail_features;
    delay_line #(.WIDTH(UNITS * WEIGHT_BITS), .DEPTH(CYCLES + 1)) weight_ring (
        .clk(clk), .head(load ? load_weights : weights), .tail(tail_weights)
    );
    delay_line #(.WIDTH(LANES * INPUT_BITS), .DEPTH(CYCLES + 1)) feature_delay (
        .clk(clk), .head(features), .tail(tail_features)
    );

    genvar u;
    generate
        for (u = 0; u < UNITS; u = u + 1) begin : learner
            wire signed [SUM_BITS-1:0] sum;
            wire signed [INTERNAL_BITS-1:0] step;

            inner_product #(
                .LANES(LANES), .CYCLES(CYCLES), .INPUT_BITS(INPUT_BITS), .INTERNAL_BITS(INTERNAL_BITS),
                .SUM_BITS(SUM_BITS)
            ) inner_product (
                .clk(clk), .first(ready), .features(features),
                .weights(weights[u*WEIGHT_BITS +: WEIGHT_BITS]), .sum(sum)
            );

            stage_@BENCHMARK@ #(
                .INPUT_BITS(INPUT_BITS), .INTERNAL_BITS(INTERNAL_BITS), .SUM_BITS(SUM_BITS)
            ) stage (
                .clk(clk), .decide(decide), .learning(learning), .sum(sum),
                .label(held_label[u*LABEL_BITS +: LABEL_BITS]), .mu(mu),
                .step(step), .prediction(prediction[u*INTERNAL_BITS +: INTERNAL_BITS])
            );

            sgd #(.LANES(LANES), .INPUT_BITS(INPUT_BITS), .INTERNAL_BITS(INTERNAL_BITS)) sgd (
                .clk(clk), .step(step), .features(tail_features),
                .weights(tail_weights[u*WEIGHT_BITS +: WEIGHT_BITS]),
                .updated(weights[u*WEIGHT_BITS +: WEIGHT_BITS])
            );
        end
    endgenerate

endmodule
