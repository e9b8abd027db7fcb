// fir_lane: one multiplier of the filter with the samples and coefficients of its taps.
//
//     sample_in ----> [0][1] .. [FOLD-1] ----> sample_out         (to the next lane)
//                       \ select by phase
//                        * --> [product]
//                       / select by phase
//     coefficient_in > [0][1] .. [FOLD-1] ----> coefficient_out   (to the next lane)
//
// Timing: the product of the taps that `phase` selects is there one cycle later.
`default_nettype none

module fir_lane #(
    parameter FOLD             = 4,  // taps of the lane, 1 or more
    parameter PHASE_BITS       = 2,  // width of `phase`, which counts to FOLD - 1
    parameter DATA_BITS        = 8,  // width of a sample
    parameter COEFFICIENT_BITS = 8   // width of a coefficient
) (
    input  wire                               clk,
    input  wire [PHASE_BITS-1:0]              phase,

    input  wire                               sample_shift,
    input  wire signed [DATA_BITS-1:0]        sample_in,
    output wire signed [DATA_BITS-1:0]        sample_out,

    input  wire                               coefficient_shift,
    input  wire signed [COEFFICIENT_BITS-1:0] coefficient_in,
    output wire signed [COEFFICIENT_BITS-1:0] coefficient_out,

    output reg  signed [DATA_BITS+COEFFICIENT_BITS-1:0] product
);

    // Entry k stands at k * width; the newest is entry 0.
    reg [FOLD*DATA_BITS-1:0]        samples;
    reg [FOLD*COEFFICIENT_BITS-1:0] coefficients;

    assign sample_out      = samples[(FOLD-1)*DATA_BITS +: DATA_BITS];
    assign coefficient_out = coefficients[(FOLD-1)*COEFFICIENT_BITS +: COEFFICIENT_BITS];

    wire signed [DATA_BITS-1:0]        sample      = samples[phase*DATA_BITS +: DATA_BITS];
    wire signed [COEFFICIENT_BITS-1:0] coefficient = coefficients[phase*COEFFICIENT_BITS +: COEFFICIENT_BITS];

    generate
        if (FOLD > 1) begin : chain
            always @(posedge clk) begin
                if (sample_shift)
                    samples <= {samples[(FOLD-1)*DATA_BITS-1:0], sample_in};
                if (coefficient_shift)
                    coefficients <= {coefficients[(FOLD-1)*COEFFICIENT_BITS-1:0], coefficient_in};
            end
        end else begin : single
            always @(posedge clk) begin
                if (sample_shift)
                    samples <= sample_in;
                if (coefficient_shift)
                    coefficients <= coefficient_in;
            end
        end
    endgenerate

    always @(posedge clk)
        product <= sample * coefficient;

endmodule

`default_nettype wire
