using SlmOps.Pipeline.Channels;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Rollout;



namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class RolloutTableTests
{
    // Every pair; - is not legal.
    private const string Pairs = """
        State        Start    RingPassed  LastRingPassed  RingFailed   NoData  Pause   Resume   RollBack     DevicesBack  Supersede
        Ready        Running  -           -               -            -       -       -        -            -            Superseded
        Running      -        Running     Finished        RollingBack  Paused  Paused  -        RollingBack  -            Superseded
        Paused       -        -           -               RollingBack  -       -       Running  RollingBack  -            Superseded
        Finished     -        -           -               -            -       -       -        RollingBack  -            -
        RollingBack  -        -           -               -            -       -       -        -            RolledBack   RolledBack
        RolledBack   -        -           -               -            -       -       -        -            -            -
        Superseded   -        -           -               -            -       -       -        -            -            -
        """;

    private static readonly string[][] Cells =
        [.. Pairs.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    public static TheoryData<string, string, string> Table
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var row in Cells.Skip(1))
            {
                for (var column = 1; column < row.Length; column++)
                {
                    data.Add(row[0], Cells[0][column], row[column]);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Next_Pair_IsAsListed(string state, string move, string next) => Assert.Equal(
        next, RolloutTable.Next(Enum.Parse<RolloutState>(state), Enum.Parse<RolloutMove>(move))?.ToString() ?? "-");

    [Fact]
    public void Table_ListsEveryStateAndTrigger()
    {
        Assert.Equal(Enum.GetNames<RolloutMove>(), Cells[0].Skip(1));
        Assert.Equal(Enum.GetNames<RolloutState>(), Cells.Skip(1).Select(row => row[0]));
    }
}
