using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Matching;

/// <summary>
/// Order of candidates: those that need not load a model first, then most free slots (spreads a task), then the cheaper ask, then who
/// came first.
/// </summary>
internal readonly record struct RoomKey(int Slots, long Ask, int Sequence, bool IsCold = false) : IComparable<RoomKey>
{
    public int CompareTo(RoomKey other)
    {
        if (IsCold != other.IsCold)
            return IsCold ? 1 : -1;
        var bySlots = other.Slots.CompareTo(Slots);
        if (bySlots != 0)
            return bySlots;
        var byAsk = Ask.CompareTo(other.Ask);
        return byAsk != 0 ? byAsk : Sequence.CompareTo(other.Sequence);
    }
}

/// <summary>Room taken on a node by one part; the attempt's number is 0 until its task has answered.</summary>
internal sealed class Reservation(Resources resources)
{
    internal Resources Resources { get; } = resources;

    internal int Number { get; set; }
}

/// <summary>
/// A node as the matcher sees it. What the matcher placed itself is counted by its own reservations, at once; what it did not
/// place (attempts from before a failover or a new session) is taken from the session's first report and only shrinks, because
/// a report is always older than the latest placement.
/// </summary>
internal sealed class NodeRoom(NodeOffer offer, int sequence)
{
    private readonly Dictionary<(TaskId Task, int Part), Reservation> _reservations = [];
    private Resources _reserved;
    private Resources _foreign = offer.Total - offer.Free;
    private int _foreignSlots = offer.SlotsTotal - offer.SlotsFree;

    internal NodeOffer Offer { get; private set; } = offer;

    internal bool IsLive { get; set; } = true;

    internal int Faults { get; set; }

    internal DateTimeOffset? CoolUntil { get; set; }

    /// <summary>The key under which the matcher's indexes know the node; null while it is in none.</summary>
    internal RoomKey? Listed { get; set; }

    internal int SlotsUsed => _reservations.Count + _foreignSlots;

    internal int SlotsFree => Offer.Draining ? 0 : Offer.SlotsTotal - SlotsUsed;

    internal Resources Free => Offer.Total - _reserved - _foreign;

    internal RoomKey Key => new(SlotsFree, Offer.AskPerCoreHour.Micros, sequence);

    internal bool CanTakeWork => IsLive && CoolUntil is null && SlotsFree > 0;

    internal void Update(NodeOffer next)
    {
        var used = next.Total - next.Free;
        var slotsUsed = next.SlotsTotal - next.SlotsFree;
        if (next.Session != Offer.Session || !IsLive)
        {
            // What runs there was resumed by the new session and is in its report.
            _reservations.Clear();
            _reserved = default;
            _foreign = used;
            _foreignSlots = slotsUsed;
            IsLive = true;
        }
        else
        {
            var unknown = used - _reserved;
            _foreign = new Resources(
                Shrunk(_foreign.CpuMillis, unknown.CpuMillis), Shrunk(_foreign.Memory, unknown.Memory), Shrunk(_foreign.Disk, unknown.Disk));
            _foreignSlots = Shrunk(_foreignSlots, slotsUsed - _reservations.Count);
        }

        Offer = next;
    }

    internal void Reserve(TaskId task, int part, Resources resources)
    {
        if (_reservations.Remove((task, part), out var old))
            _reserved -= old.Resources;
        _reservations[(task, part)] = new Reservation(resources);
        _reserved += resources;
    }

    internal Reservation? Find(TaskId task, int part) => _reservations.GetValueOrDefault((task, part));

    /// <summary>Frees a part's room unless a later attempt has it. False when there was nothing to free.</summary>
    internal bool Release(TaskId task, int part, int number)
    {
        if (!_reservations.TryGetValue((task, part), out var reservation) || (number > 0 && reservation.Number > number))
            return false;
        _reservations.Remove((task, part));
        _reserved -= reservation.Resources;
        return true;
    }

    private static int Shrunk(int known, int reported) => Math.Min(known, Math.Max(0, reported));

    private static long Shrunk(long known, long reported) => Math.Min(known, Math.Max(0, reported));
}
