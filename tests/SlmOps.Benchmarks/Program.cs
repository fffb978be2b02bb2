using SlmOps.Benchmarks;

return args switch
{
    ["quality", .. var rest] => QualityCommand.Run(rest),
    ["quantize", .. var rest] => QuantizeCommand.Run(rest),
    ["generate", .. var rest] => GenerateCommand.Run(rest),
    ["speed", .. var rest] => SpeedCommand.Run(rest),
    ["corpus", .. var rest] => CorpusCommand.Run(rest),
    ["fuzz", .. var rest] => FuzzCommand.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: SlmOps.Benchmarks generate|quantize|quality|speed|corpus|fuzz …; see docs/benchmarks-quantizer.md");
    return 2;
}
