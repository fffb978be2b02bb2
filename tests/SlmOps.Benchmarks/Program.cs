using SlmOps.Benchmarks;

return args switch
{
    ["quality", .. var rest] => QualityCommand.Run(rest),
    ["quantize", .. var rest] => QuantizeCommand.Run(rest),
    ["pack", .. var rest] => await PackCommand.RunAsync(rest),
    ["delta", .. var rest] => await DeltaCommand.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: SlmOps.Benchmarks quality|quantize|pack|delta …; see docs/benchmarks-quantizer.md and docs/package-format.md");
    return 2;
}
