// The phase of the ring: chunk c is at the head in phase c; two phases more and the ring is round.
module control #(
    parameter CYCLES = 4,
    parameter PHASE_BITS = 3
) (
    input  wire clk,
    input  wire rst,
    input  wire valid,
    input  wire train,
    output wire ready,    // phase 0
    output wire decide,   // the sum is complete, the benchmark stage works
    output reg  busy,     // a vector is in this turn of the ring
    output reg  learning  // and it trains
);

    reg [PHASE_BITS-1:0] phase;

    assign ready  = (phase == 0);
    assign decide = (phase == CYCLES);

    // Only the phase needs the reset: phase 0 follows it and sets the rest.
    always @(posedge clk) begin
        phase <= (rst || phase == CYCLES + 1) ? {PHASE_BITS{1'b0}} : phase + 1'b1;
        if (ready) begin
            busy     <= valid;
            learning <= valid & train;
        end
    end

endmodule
