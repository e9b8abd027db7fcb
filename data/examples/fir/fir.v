// fir: a finite impulse response filter whose multipliers are shared between taps.
//
//     y[n] = sum of c[k] * x[n - k] for k = 0 .. TAPS - 1
//
//     in -> lane 0 -> lane 1 -> ...      delay line; each lane holds FOLD samples and coefficients
//             |          |
//          [product]  [product]          stage 1: every lane multiplies one of its taps a cycle
//             +----------+--> [sum]      stage 2: all products of a cycle are added to the sum
//
// Timing: a sample is taken every FOLD = TAPS / MULTIPLIERS cycles; its result is there FOLD + 1 cycles after the
// clock edge that takes it. Samples wait for in_ready; results are not held back.
`default_nettype none

module fir #(
    parameter TAPS             = 16,  // coefficients; a multiple of MULTIPLIERS
    parameter MULTIPLIERS      = 4,   // lanes, 1 to TAPS
    parameter DATA_BITS        = 8,   // width of a sample, 2 or more, two's complement
    parameter COEFFICIENT_BITS = 8    // width of a coefficient, 2 or more, two's complement
) (
    input  wire                               clk,
    input  wire                               reset,      // synchronous

    // Coefficients are shifted in one after the other, that of the oldest sample first.
    input  wire                               coefficient_shift,
    input  wire signed [COEFFICIENT_BITS-1:0] coefficient_in,

    // Samples: taken where valid and ready are both high.
    input  wire                               in_valid,
    output wire                               in_ready,
    input  wire signed [DATA_BITS-1:0]        in_data,

    // Results, one a sample.
    output reg                                out_valid,
    output reg  signed [DATA_BITS+COEFFICIENT_BITS+$clog2(TAPS)-1:0] out_data
);

    localparam FOLD         = TAPS / MULTIPLIERS;
    localparam PHASE_BITS   = FOLD > 1 ? $clog2(FOLD) : 1;
    localparam PRODUCT_BITS = DATA_BITS + COEFFICIENT_BITS;
    localparam SUM_BITS     = PRODUCT_BITS + $clog2(TAPS);
    localparam [31:0] LAST_PHASE = FOLD - 1;

    // Two states: idle, waiting for a sample; busy, multiplying the taps of a phase.
    reg                  busy;
    reg [PHASE_BITS-1:0] phase;
    wire                 is_last = phase == LAST_PHASE[PHASE_BITS-1:0];
    wire                 take    = in_valid && in_ready;

    assign in_ready = !busy || is_last;

    always @(posedge clk) begin
        if (take)
            phase <= {PHASE_BITS{1'b0}};
        else if (busy)
            phase <= phase + 1'b1;

        if (reset)
            busy <= 1'b0;
        else if (in_ready)
            busy <= in_valid;
    end

    // Stage 1: the lanes, a chain of samples and a chain of coefficients through all of them.
    wire signed [(MULTIPLIERS+1)*DATA_BITS-1:0]        samples;
    wire signed [(MULTIPLIERS+1)*COEFFICIENT_BITS-1:0] coefficients;
    wire        [MULTIPLIERS*PRODUCT_BITS-1:0]         products;

    assign samples[DATA_BITS-1:0]             = in_data;
    assign coefficients[COEFFICIENT_BITS-1:0] = coefficient_in;

    genvar i;
    generate
        for (i = 0; i < MULTIPLIERS; i = i + 1) begin : lane
            fir_lane #(
                .FOLD            (FOLD),
                .PHASE_BITS      (PHASE_BITS),
                .DATA_BITS       (DATA_BITS),
                .COEFFICIENT_BITS(COEFFICIENT_BITS)
            ) taps (
                .clk              (clk),
                .phase            (phase),
                .sample_shift     (take),
                .sample_in        (samples[i*DATA_BITS +: DATA_BITS]),
                .sample_out       (samples[(i+1)*DATA_BITS +: DATA_BITS]),
                .coefficient_shift(coefficient_shift),
                .coefficient_in   (coefficients[i*COEFFICIENT_BITS +: COEFFICIENT_BITS]),
                .coefficient_out  (coefficients[(i+1)*COEFFICIENT_BITS +: COEFFICIENT_BITS]),
                .product          (products[i*PRODUCT_BITS +: PRODUCT_BITS])
            );
        end
    endgenerate

    // Stage 2: the products of a cycle are added to those of the sample's earlier phases.
    reg  is_product, is_first_product, is_last_product;
    reg  signed [SUM_BITS-1:0] total;
    wire signed [SUM_BITS-1:0] before = is_first_product ? {SUM_BITS{1'b0}} : out_data;

    integer k;
    always @* begin
        total = before;
        for (k = 0; k < MULTIPLIERS; k = k + 1)
            total = total + $signed(products[k*PRODUCT_BITS +: PRODUCT_BITS]);
    end

    always @(posedge clk) begin
        is_first_product <= phase == {PHASE_BITS{1'b0}};
        if (is_product)
            out_data <= total;

        if (reset) begin
            is_product      <= 1'b0;
            is_last_product <= 1'b0;
            out_valid       <= 1'b0;
        end else begin
            is_product      <= busy;
            is_last_product <= busy && is_last;
            out_valid       <= is_last_product;
        end
    end

endmodule

`default_nettype wire
