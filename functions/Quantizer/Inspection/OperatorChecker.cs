using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>Checks versions, domains and operator names against what ONNX Runtime can load.</summary>
internal sealed class OperatorChecker(OnnxModel model, ProblemList problems)
{
    private readonly HashSet<(string Domain, string Name)> _functions =
        [.. model.Functions.Select(f => (Normal(f.Domain), f.Name))];

    internal void Check()
    {
        if (model.IrVersion is < Problems.MinIr or > Problems.MaxIr)
        {
            problems.Add(Problems.BadIr(model.IrVersion));
        }

        CheckOpsets(model.Opsets);
        var standard = model.Opsets.Where(o => Normal(o.Domain).Length == 0).Select(o => o.Version).ToList();
        if (standard.Count == 0 && model.AllGraphs.Any(g => g.Nodes.Exists(n => n.IsStandard)))
        {
            problems.Add(Problems.MissingOpset("ai.onnx"));
        }

        foreach (var version in standard.Where(v => v is < Problems.MinOpset or > Problems.MaxOpset))
        {
            problems.Add(Problems.BadOpset(version));
        }

        foreach (var graph in model.AllGraphs)
        {
            foreach (var node in graph.Nodes)
            {
                CheckNode(node);
            }
        }
    }

    private void CheckOpsets(List<OpsetImport> opsets)
    {
        foreach (var group in opsets.GroupBy(o => Normal(o.Domain), StringComparer.Ordinal))
        {
            if (group.Select(o => o.Version).Distinct().Count() > 1)
            {
                problems.Add(Problems.DuplicateOpset(group.Key.Length == 0 ? "ai.onnx" : group.Key));
            }
        }
    }

    private void CheckNode(OnnxNode node)
    {
        var domain = Normal(node.Domain);
        if (_functions.Contains((domain, node.OpType)))
        {
            return;
        }

        if (!KnownOperators.HasDomain(domain))
        {
            problems.Add(Problems.UnknownDomain(domain, node.OpType));
        }
        else if (domain.Length == 0 && !KnownOperators.HasStandard(node.OpType))
        {
            problems.Add(Problems.UnknownOperator(node.OpType));
        }
        else if (domain.Length > 0 && domain != KnownOperators.Contrib
            && model.Opsets.TrueForAll(o => o.Domain != domain) && node.Graph.Root.Kind != GraphKind.Function)
        {
            problems.Add(Problems.MissingOpset(domain));
        }
    }

    private static string Normal(string domain) => domain == "ai.onnx" ? "" : domain;
}
