// Drop SHIFT fraction bits, rounding half up, and clip to OUT bits (OUT <= IN).
module round_saturate #(
    parameter IN = 24,
    parameter SHIFT = 7,
    parameter OUT = 16
) (
    input  wire signed [IN-1:0]  value,
    output wire signed [OUT-1:0] result
);

    localparam signed [IN:0] HALF = (1 << SHIFT) >> 1;

    wire signed [IN:0] rounded = (value + HALF) >>> SHIFT;
    wire negative = rounded[IN];
    wire fits = (rounded[IN:OUT-1] == {(IN-OUT+2){negative}});

    assign result = fits ? rounded[OUT-1:0] : {negative, {(OUT-1){~negative}}};

endmodule
