using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>How far running attempts say they are. In memory only, of the sessions of this hub. Thread-safe.</summary>
public interface IProgressBoard
{
    /// <summary>The node that holds the attempt says that it is so many thousandths done.</summary>
    void Report(NodeId node, AttemptId attempt, int permille);

    /// <summary>Forgets the attempts of the node that it does not hold any more.</summary>
    void Keep(NodeId node, Func<AttemptId, bool> holds);

    /// <summary>The largest figure of each part that has one; null when none has.</summary>
    IReadOnlyDictionary<int, int>? Of(TaskId task);
}
