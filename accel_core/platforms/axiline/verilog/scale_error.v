// error * mu, back in the internal format.
module scale_error #(
    parameter INTERNAL_BITS = 16
) (
    input  wire signed [INTERNAL_BITS-1:0] error,
    input  wire signed [INTERNAL_BITS-1:0] mu,
    output wire signed [INTERNAL_BITS-1:0] scaled
);

    wire signed [2*INTERNAL_BITS-1:0] product = error * mu;

    round_saturate #(.IN(2 * INTERNAL_BITS), .SHIFT(INTERNAL_BITS - 4), .OUT(INTERNAL_BITS)) to_internal (
        .value(product), .result(scaled)
    );

endmodule
