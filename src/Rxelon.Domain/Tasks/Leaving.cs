using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>Adds up what parts free when their attempt or their undecided result is over.</summary>
internal sealed class Leaving(TaskState before)
{
    private int _running;
    private int _answered;
    private Int128 _runningWeight;
    private Int128 _openWeight;
    private Tokens _reserved;
    private Tokens _answeredCost;

    /// <summary>Ready parts of each stage, with those that wait again; null while nobody counts.</summary>
    internal int[]? Ready { get; } = TaskGrowth.Counting(before);

    internal void Leave(PartState part, bool waitsAgain = false)
    {
        var stage = before.StageOf(part);
        var weight = stage.Weight;
        if (part.Running is { } running)
        {
            _running++;
            _runningWeight += weight;
            _reserved += running.Cap;
        }
        else if (part.Answered is { } answered)
        {
            _answered++;
            _answeredCost += answered.Result.Cost;
            _reserved += answered.Result.Cost;
        }

        if (!waitsAgain)
            return;
        _openWeight += weight;
        if (Ready is not null)
            Ready[stage.Number]++;
    }

    internal TaskState From(TaskState state) => state with
    {
        RunningCount = state.RunningCount - _running,
        RunningWeight = state.RunningWeight - _runningWeight,
        OpenWeight = state.OpenWeight + _openWeight,
        ReadyCounts = TaskGrowth.Counted(state, Ready),
        AnsweredCount = state.AnsweredCount - _answered,
        AnsweredCost = state.AnsweredCost - _answeredCost,
        Reserved = state.Reserved - _reserved,
    };
}
