using System.Security.Cryptography;
using Akka.Actor;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Mock;

/// <summary>
/// The node router and all sessions in one actor: each attempt is ready at once and, when its keys come, done at once. Every
/// part is a message of its own, as from real nodes.
/// </summary>
internal sealed class MockNodes : UntypedActor
{
    private static readonly Resources Plenty = new(1_000_000_000, 1L << 50, 1L << 50);

    /// <summary>Who owns the nodes.</summary>
    internal static IReadOnlyList<AccountId> Operators { get; } =
        [.. Enumerable.Range(0, 8).Select(i => AccountId.OfSigningKey(OperatorKey(i)))];

    internal static byte[] OperatorKey(int number) => SHA256.HashData(BitConverter.GetBytes(number));

    private readonly IActorRef _tasks;
    private readonly IActorRef _matchmaker;
    private readonly List<NodeOffer> _offers;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _signature = new byte[64];
    private readonly bool _answers;

    public MockNodes(IActorRef tasks, IActorRef matchmaker, int nodes, int slots, bool answers, ulong session)
    {
        _tasks = tasks;
        _matchmaker = matchmaker;
        _answers = answers;
        _offers = [.. Enumerable.Range(0, nodes).Select(i => NodeWith(i, slots, session))];
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Offer:
                foreach (var offer in _offers)
                    _matchmaker.Tell(new OfferUpdate(offer), ActorRefs.NoSender);
                break;
            case StartParts m when _answers:
                foreach (var attempt in m.Parts.Select(p => p.Attempt))
                    _tasks.Tell(new ReleaseKeys(m.Task, m.Node, m.Session, _key, [attempt], Now), Self);
                break;
            case GrantParts m:
                foreach (var (attempt, _) in m.Grants)
                    _tasks.Tell(new AcceptResults(m.Task, m.Node, [Result(m.Task, attempt)], Now), Self);
                break;
            case ListSessions:
                Sender.Tell(new SessionList([.. _offers.Select(o => new SessionStatus(o, Now, Now, 0, "mock", []))]));
                break;
        }
    }

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    private static NodeOffer NodeWith(int number, int slots, ulong session)
    {
        var key = SHA256.HashData(BitConverter.GetBytes(number));
        return new NodeOffer(
            NodeId.OfIdentityKey(key),
            Operators[number % Operators.Count],
            session,
            Plenty,
            Plenty,
            slots,
            slots,
            false,
            new Tokens(1_000_000),
            "eu",
            new Dictionary<string, string>(),
            new HashSet<WorkloadKind> { WorkloadKind.Mock },
            new HashSet<string>());
    }

    private ReportedResult Result(TaskId task, PartAttempt attempt)
        => new(attempt, MockHub.Blob(task, attempt.Part), new Metering(20, 15, 1 << 20, 0, 4096, 4096, 0), _signature);

    internal sealed class Offer
    {
        internal static readonly Offer Instance = new();
    }
}
