using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

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
internal sealed class Reservation(Resources resources, int gpus)
{
    internal int Gpus => gpus;

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
    private int _reservedGpus;
    private int _foreignGpus = offer.Gpus.Count - offer.GpusFree;

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

    /// <summary>
    /// Whether enough suitable GPUs are free for sure: which ones the others have is the node's business, so each of theirs is
    /// taken to be a suitable one.
    /// </summary>
    internal bool HasGpus(GpuRequest? request)
        => request is null || Offer.Gpus.Count(request.IsMetBy) - _reservedGpus - _foreignGpus >= request.Count;

    internal void Update(NodeOffer next)
    {
        var gpusUsed = next.Gpus.Count - next.GpusFree;
        var used = next.Total - next.Free;
        var slotsUsed = next.SlotsTotal - next.SlotsFree;
        if (next.Session != Offer.Session || !IsLive)
        {
            // What runs there was resumed by the new session and is in its report.
            _reservations.Clear();
            _reserved = default;
            _reservedGpus = 0;
            _foreignGpus = gpusUsed;
            _foreign = used;
            _foreignSlots = slotsUsed;
            IsLive = true;
        }
        else
        {
            var unknown = used - _reserved;
            _foreign = new Resources(
                Shrunk(_foreign.CpuMillis, unknown.CpuMillis), Shrunk(_foreign.Memory, unknown.Memory), Shrunk(_foreign.Disk, unknown.Disk));
            _foreignGpus = Shrunk(_foreignGpus, gpusUsed - _reservedGpus);
            _foreignSlots = Shrunk(_foreignSlots, slotsUsed - _reservations.Count);
        }

        Offer = next;
    }

    internal void Reserve(TaskId task, int part, Resources resources, int gpus)
    {
        if (_reservations.Remove((task, part), out var old))
        {
            _reserved -= old.Resources;
            _reservedGpus -= old.Gpus;
        }

        _reservations[(task, part)] = new Reservation(resources, gpus);
        _reserved += resources;
        _reservedGpus += gpus;
    }

    internal Reservation? Find(TaskId task, int part) => _reservations.GetValueOrDefault((task, part));

    /// <summary>Frees a part's room unless a later attempt has it. False when there was nothing to free.</summary>
    internal bool Release(TaskId task, int part, int number)
    {
        if (!_reservations.TryGetValue((task, part), out var reservation) || (number > 0 && reservation.Number > number))
            return false;
        _reservations.Remove((task, part));
        _reserved -= reservation.Resources;
        _reservedGpus -= reservation.Gpus;
        return true;
    }

    private static int Shrunk(int known, int reported) => Math.Min(known, Math.Max(0, reported));

    private static long Shrunk(long known, long reported) => Math.Min(known, Math.Max(0, reported));
}
