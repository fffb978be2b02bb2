using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Puts new tensors into a graph in the form that the graph and the IR version allow.</summary>
internal sealed class TensorPlacer(OnnxModel model, ValueIndex index, TensorPlaces places, GraphEdits edits, string dataName)
{
    internal void Place(OnnxGraph graph, StoredTensor tensor)
    {
        if (places.MayMerge(graph) && tensor.Length > StandingNeeds.MostBytesInMergedBranch)
        {
            edits.Need(StandingNeeds.Subgraphs);
        }

        if (places.NeedsNodes(graph))
        {
            GraphEdits.Add(edits.FirstNodes, graph, Node(tensor));
            return;
        }

        GraphEdits.Add(edits.AddedInitializers, graph, tensor.Write(dataName));
        if (model.IrVersion < 4)
        {
            GraphEdits.Add(edits.AddedInputs, graph, Port(tensor));
        }
    }

    internal WireWriter Node(StoredTensor tensor) =>
        NodeWriter.ConstantNode(tensor.Name, index.NewName($"{tensor.Name}_node"), tensor.Write(dataName));

    private static WireWriter Port(StoredTensor tensor)
    {
        var shape = new WireWriter();
        foreach (var size in tensor.Dims)
        {
            var dim = new WireWriter();
            dim.Varint(1, size);
            shape.Message(1, dim);
        }

        var tensorType = new WireWriter();
        tensorType.Varint(1, (long)tensor.Type);
        tensorType.Message(2, shape);
        var type = new WireWriter();
        type.Message(1, tensorType);
        var port = new WireWriter();
        port.Text(1, tensor.Name);
        port.Message(2, type);
        return port;
    }
}
