using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Quantizer;

namespace SlmOps.Cli.Models;

/// <summary><c>slmops inspect model.onnx</c>.</summary>
internal static class InspectCommand
{
    internal static Command Build()
    {
        var model = new Argument<string>("model") { Description = "Model to look at, or a folder with one" };
        var json = new Option<bool>("--json") { Description = "Print {facts, problems, recipes} as JSON on standard output" };
        var command = new Command("inspect", "Say what a model is, what is wrong with it, and what each recipe would save. Exit code 1 "
            + "when it cannot be used.") { model, json };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(() =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var path = ModelArguments.Model(parsed.GetValue(model)!);
            var inspection = ModelInspector.Inspect(path, ModelArguments.Limits, cancellationToken);
            var recipes = inspection.Problems.Count > 0 || inspection.Facts is not { } facts
                ? []
                : RecipeEstimator.Estimate(path, Bytes(path, facts), ModelArguments.Limits, cancellationToken);
            Show(terminal, inspection, recipes);
            terminal.Result(new { inspection.Facts, inspection.Problems, Recipes = recipes });
            return Task.FromResult(inspection.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed);
        }));
        return command;
    }

    private static void Show(Terminal terminal, InspectionResult inspection, IReadOnlyList<RecipeEstimate> recipes)
    {
        foreach (var problem in inspection.Problems)
        {
            terminal.Fail($"{problem.Message} {problem.Cure} [{problem.Code}]");
        }

        if (inspection.Facts is not { } facts)
        {
            return;
        }

        terminal.Say(
            $"{facts.Architecture}; {facts.Parameters:N0} parameters, {StatusChanges.Bytes(facts.WeightBytes)} of weights, graph "
                + $"{StatusChanges.Bytes(facts.GraphBytes)}, {facts.Nodes} nodes"
        );
        terminal.Say(
            $"IR {facts.IrVersion}, {string.Join(", ", facts.Opsets.Select(opset => $"{opset.Key} {opset.Value}"))}; {facts.Producer}");
        terminal.Say($"inputs      {Ports(facts.Inputs)}");
        terminal.Say($"outputs     {Ports(facts.Outputs)}");
        var operators = facts.Operators.OrderByDescending(item => item.Value).Select(item => $"{item.Key} {item.Value}");
        terminal.Say($"operators   {string.Join(", ", operators)}");
        foreach (var group in facts.Weights)
        {
            terminal.Say(
                $"weights     {group.ElementType,-10} {group.Tensors,5} tensors {group.Elements,15:N0} elements "
                    + $"{StatusChanges.Bytes(group.Bytes),10}"
            );
        }

        foreach (var warning in facts.Warnings)
        {
            var cure = warning.From.Length > 0 ? $"from {warning.From} on all is well" : "no version up to 1.31.1 does better";
            terminal.Say($"warning     {warning.Text}; {cure}");
        }

        foreach (var recipe in recipes)
        {
            terminal.Say(
                $"{recipe.Recipe,-12}{StatusChanges.Bytes(recipe.OutputBytes),10}  {recipe.Ratio:0.000}  {recipe.Changed} weights "
                    + $"changed, {recipe.Left} left, ONNX Runtime {recipe.MinimumOrt}"
            );
        }
    }

    private static long Bytes(string model, ModelFacts facts)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        return facts.GraphBytes + facts.ExternalFiles.Sum(file => new FileInfo(Path.Combine(folder, file)).Length);
    }

    private static string Ports(IReadOnlyList<GraphPort> ports)
    {
        var shown = string.Join(", ", ports.Take(8).Select(port => $"{port.Name} {port.ElementType}[{string.Join(",", port.Shape)}]"));
        return ports.Count > 8 ? $"{shown}, and {ports.Count - 8} more" : shown;
    }
}
