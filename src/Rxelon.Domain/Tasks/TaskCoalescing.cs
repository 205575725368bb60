namespace Rxelon.Domain.Tasks;

/// <summary>
/// Folds a batch of pending events into fewer. Events of one kind about different parts become one event at the place of the
/// earliest, with the latest of their times; an event moves over others only when they speak of other parts and not of the
/// task as a whole. Folding the result gives the same state as folding the batch, apart from times within it.
/// </summary>
public static class TaskCoalescing
{
    /// <summary>The shorter list; the batch itself is not changed.</summary>
    public static IReadOnlyList<ITaskEvent> Coalesce(IReadOnlyList<ITaskEvent> events)
    {
        if (events.Count < 2)
            return events;
        var batch = new Batch();
        foreach (var happened in events)
            batch.Add(happened);
        return batch.Finish();
    }

    private sealed class Batch
    {
        private readonly List<Slot> _slots = [];
        private readonly Dictionary<int, int> _lastSlotOfPart = [];
        private readonly Dictionary<Type, int> _lastSlotOfKind = [];
        private int _barrier = -1;

        internal void Add(ITaskEvent happened)
        {
            var kind = happened.GetType();
            if (happened is PartsAssigned or KeysReleased or PartsReported or PartsAccepted or AttemptsFailed)
            {
                if (_lastSlotOfKind.TryGetValue(kind, out var slot) && slot > _barrier && ArePartsFreeSince(happened, slot))
                {
                    _slots[slot].More.Add(happened);
                    Mark(happened, slot);
                    return;
                }

                _lastSlotOfKind[kind] = _slots.Count;
            }
            else if (happened is not (AttemptsResumed or KeysAwaited or KeysForwarded or SettlementDue or HoldConfirmed))
            {
                _barrier = _slots.Count;
            }

            Mark(happened, _slots.Count);
            _slots.Add(new Slot(happened, []));
        }

        internal IReadOnlyList<ITaskEvent> Finish()
        {
            var events = new List<ITaskEvent>(_slots.Count);
            foreach (var slot in _slots)
                events.Add(slot.More.Count == 0 ? slot.First : Merged(slot));
            return events;
        }

        private bool ArePartsFreeSince(ITaskEvent happened, int slot)
        {
            foreach (var part in TaskViews.PartsOf(happened))
            {
                if (_lastSlotOfPart.TryGetValue(part, out var last) && last >= slot)
                    return false;
            }

            return true;
        }

        private void Mark(ITaskEvent happened, int slot)
        {
            foreach (var part in TaskViews.PartsOf(happened))
                _lastSlotOfPart[part] = Math.Max(slot, _lastSlotOfPart.GetValueOrDefault(part, -1));
        }

        private static ITaskEvent Merged(Slot slot)
        {
            ITaskEvent[] all = [slot.First, .. slot.More];
            var at = all.Max(e => e.At);
            return slot.First switch
            {
                PartsAssigned => new PartsAssigned([.. all.SelectMany(e => ((PartsAssigned)e).Parts)], at),
                KeysReleased => new KeysReleased([.. all.SelectMany(e => ((KeysReleased)e).Releases)], at),
                PartsReported => new PartsReported([.. all.SelectMany(e => ((PartsReported)e).Parts)], at),
                PartsAccepted => new PartsAccepted([.. all.SelectMany(e => ((PartsAccepted)e).Parts)], at),
                AttemptsFailed => new AttemptsFailed([.. all.SelectMany(e => ((AttemptsFailed)e).Failures)], at),
                _ => throw new InvalidOperationException($"{slot.First.GetType().Name} cannot be merged."),
            };
        }

        private readonly record struct Slot(ITaskEvent First, List<ITaskEvent> More);
    }
}
