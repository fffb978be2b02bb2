using System.Text.Json;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class FilterTests
{
    private const string Event = """
        {"specversion":"1.0","id":"1","source":"/s","type":"Model.Ready","subject":"/blobServices/default/containers/drop/blobs/A.onnx",
         "data":{"count":7,"ratio":0.5,"name":"Tiny Model","good":true,"nothing":null,"tags":["small","Fast"],"sizes":[1,20],"deep":{"level":2}}}
        """;

    private static AcceptedEvent Sample { get; } = AcceptedEvent.From("t", JsonDocument.Parse(Event).RootElement);

    [Theory]
    [InlineData("NumberIn", "data.count", "[1,7]", true)]
    [InlineData("NumberIn", "data.count", "[1,8]", false)]
    [InlineData("NumberIn", "data.name", "[7]", false)]
    [InlineData("NumberNotIn", "data.count", "[1,7]", false)]
    [InlineData("NumberNotIn", "data.count", "[1,8]", true)]
    [InlineData("NumberNotIn", "data.missing", "[1]", true)]
    [InlineData("NumberLessThan", "data.count", "[7]", false)]
    [InlineData("NumberLessThan", "data.ratio", "[0.6]", true)]
    [InlineData("NumberLessThanOrEquals", "data.count", "[7]", true)]
    [InlineData("NumberGreaterThan", "data.count", "[7]", false)]
    [InlineData("NumberGreaterThan", "data.deep.level", "[1]", true)]
    [InlineData("NumberGreaterThanOrEquals", "data.count", "[7]", true)]
    [InlineData("NumberInRange", "data.count", "[[1,2],[7,9]]", true)]
    [InlineData("NumberInRange", "data.count", "[[1,2],[8,9]]", false)]
    [InlineData("NumberNotInRange", "data.count", "[[1,2],[8,9]]", true)]
    [InlineData("NumberNotInRange", "data.count", "[[7,7]]", false)]
    [InlineData("BoolEquals", "data.good", "[true]", true)]
    [InlineData("BoolEquals", "data.good", "[false]", false)]
    [InlineData("BoolEquals", "data.missing", "[false]", false)]
    [InlineData("StringIn", "data.name", "[\"tiny model\",\"x\"]", true)]
    [InlineData("StringIn", "data.count", "[\"7\"]", false)]
    [InlineData("StringNotIn", "data.name", "[\"TINY MODEL\"]", false)]
    [InlineData("StringNotIn", "data.missing", "[\"x\"]", true)]
    [InlineData("StringContains", "data.name", "[\"Y M\"]", true)]
    [InlineData("StringContains", "data.name", "[\"z\"]", false)]
    [InlineData("StringNotContains", "data.name", "[\"z\",\"tiny\"]", false)]
    [InlineData("StringNotContains", "data.name", "[\"z\",\"q\"]", true)]
    [InlineData("StringBeginsWith", "data.name", "[\"TINY\"]", true)]
    [InlineData("StringNotBeginsWith", "data.name", "[\"TINY\"]", false)]
    [InlineData("StringEndsWith", "subject", "[\".ONNX\"]", true)]
    [InlineData("StringNotEndsWith", "subject", "[\".bin\"]", true)]
    [InlineData("StringNotEndsWith", "subject", "[\".onnx\"]", false)]
    [InlineData("StringIn", "eventType", "[\"model.ready\"]", true)]
    [InlineData("StringIn", "topic", "[\"/s\"]", true)]
    [InlineData("IsNullOrUndefined", "data.nothing", "[]", true)]
    [InlineData("IsNullOrUndefined", "data.missing.more", "[]", true)]
    [InlineData("IsNullOrUndefined", "data.count", "[]", false)]
    [InlineData("IsNotNull", "data.nothing", "[]", false)]
    [InlineData("IsNotNull", "data.count", "[]", true)]
    [InlineData("StringIn", "data.tags", "[\"fast\"]", false)]
    public void Holds_Operator_ComparesAsEventGridDoes(string operation, string key, string values, bool expected)
    {
        var filter = Filter(operation, key, values);

        Assert.Null(FilterOperators.Fault(filter));
        Assert.Equal(expected, filter.Holds(Sample.Body, intoArrays: false));
    }

    [Theory]
    [InlineData("StringIn", "data.tags", "[\"fast\"]", true)]
    [InlineData("StringIn", "data.tags", "[\"slow\"]", false)]
    [InlineData("StringNotIn", "data.tags", "[\"fast\"]", false)]
    [InlineData("StringNotIn", "data.tags", "[\"slow\"]", true)]
    [InlineData("NumberGreaterThan", "data.sizes", "[10]", true)]
    [InlineData("NumberGreaterThan", "data.sizes", "[20]", false)]
    public void Holds_IntoArrays_LooksAtEachItem(string operation, string key, string values, bool expected) =>
        Assert.Equal(expected, Filter(operation, key, values).Holds(Sample.Body, intoArrays: true));

    [Theory]
    [InlineData("Equals", "data.count", "[1]")]
    [InlineData("NumberIn", "", "[1]")]
    [InlineData("NumberIn", "data.count", "[]")]
    [InlineData("NumberIn", "data.count", "[\"1\"]")]
    [InlineData("NumberInRange", "data.count", "[1,2]")]
    [InlineData("NumberInRange", "data.count", "[[1]]")]
    [InlineData("StringIn", "data.name", "[1]")]
    [InlineData("BoolEquals", "data.good", "[\"true\"]")]
    [InlineData("IsNotNull", "data.good", "[1]")]
    [InlineData("stringin", "data.name", "[\"x\"]")]
    public void Fault_WrongFilter_IsSaid(string operation, string key, string values) =>
        Assert.NotNull(FilterOperators.Fault(Filter(operation, key, values)));

    [Theory]
    [InlineData("", "", false, true)]
    [InlineData("/BLOBSERVICES/", ".ONNX", false, true)]
    [InlineData("/BLOBSERVICES/", "", true, false)]
    [InlineData("/blobServices/default/containers/drop/", ".onnx", true, true)]
    [InlineData("/blobServices/default/containers/models/", "", false, false)]
    public void Takes_Subject_ComparesEnds(string start, string end, bool caseSensitive, bool expected)
    {
        var filter = new EventFilter { SubjectBeginsWith = start, SubjectEndsWith = end, IsSubjectCaseSensitive = caseSensitive };

        Assert.Equal(expected, filter.Takes(Sample));
    }

    [Fact]
    public void Takes_SeveralConditions_MustAllHold()
    {
        var good = Filter("NumberIn", "data.count", "[7]");
        var bad = Filter("NumberIn", "data.count", "[8]");

        Assert.True(new EventFilter { IncludedEventTypes = ["other", "model.ready"], AdvancedFilters = [good] }.Takes(Sample));
        Assert.False(new EventFilter { IncludedEventTypes = ["other"] }.Takes(Sample));
        Assert.False(new EventFilter { AdvancedFilters = [good, bad] }.Takes(Sample));
    }

    private static AdvancedFilter Filter(string operation, string key, string values) =>
        new(operation, key, [.. JsonDocument.Parse(values).RootElement.EnumerateArray()]);
}
