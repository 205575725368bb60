using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>How far running attempts say they are, and what they use. In memory only, of the sessions of this hub. Thread-safe.</summary>
public interface IProgressBoard
{
    /// <summary>The node that holds the attempt says that it is so many thousandths done (0: it does not say) and uses so much.</summary>
    void Report(NodeId node, AttemptId attempt, int permille, UsageInfo? usage = null);

    /// <summary>Forgets the attempts of the node that it does not hold any more.</summary>
    void Keep(NodeId node, Func<AttemptId, bool> holds);

    /// <summary>The largest figure of each part that has one; null when none has.</summary>
    IReadOnlyDictionary<int, int>? Of(TaskId task);

    /// <summary>What each attempt of the task uses, by part and number.</summary>
    IReadOnlyDictionary<(int Part, int Number), UsageInfo> UsageOf(TaskId task);
}
