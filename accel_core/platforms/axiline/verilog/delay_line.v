// What enters at the head leaves at the tail DEPTH cycles later.
module delay_line #(
    parameter WIDTH = 8,
    parameter DEPTH = 2
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] head,
    output wire [WIDTH-1:0] tail
);

    reg [DEPTH*WIDTH-1:0] slots;

    always @(posedge clk) slots <= {slots[(DEPTH-1)*WIDTH-1:0], head};

    assign tail = slots[DEPTH*WIDTH-1 -: WIDTH];

endmodule
