using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Edge;

/// <summary>
/// Questions that nodes still have time to answer, to be asked again in a node's next session: the last one may have ended before
/// the answer came. An answer twice is harmless.
/// </summary>
internal sealed class RevealQuestions(TimeProvider time)
{
    private const int MaxPerNode = 10_000;
    private readonly Dictionary<NodeId, Queue<(DateTimeOffset Until, AskReveals Ask)>> _asked = [];

    internal void Keep(AskReveals ask)
    {
        if (!_asked.TryGetValue(ask.Node, out var queue))
            _asked[ask.Node] = queue = new();
        Trim(queue);
        if (queue.Count < MaxPerNode)
            queue.Enqueue((time.GetUtcNow() + VerificationRules.RevealLimit, ask));
    }

    internal IReadOnlyList<AskReveals> Of(NodeId node)
    {
        if (!_asked.TryGetValue(node, out var queue))
            return [];
        Trim(queue);
        if (queue.Count == 0)
            _asked.Remove(node);
        return [.. queue.Select(q => q.Ask)];
    }

    private void Trim(Queue<(DateTimeOffset Until, AskReveals Ask)> queue)
    {
        while (queue.TryPeek(out var oldest) && oldest.Until < time.GetUtcNow())
            queue.Dequeue();
    }
}
