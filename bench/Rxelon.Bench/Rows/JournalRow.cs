using System.Security.Cryptography;
using Akka.Actor;
using Akka.Persistence;
using Rxelon.Bench.Mock;
using Rxelon.Domain.Accounts;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Rows;

/// <summary>A thousand actors, each asked to persist one event of about 200 bytes at a time, with the index following.</summary>
internal sealed class JournalRow : IBenchRow
{
    private const int Actors = 1000;

    public string Name => "journal";

    public string About => "events/s through Akka.Persistence.Sql on SQLite, synchronous=FULL";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        await using var hub = await MockHub.StartAsync();
        var each = run.Quick ? 5 : 40;
        var actors = Enumerable.Range(0, Actors).Select(_ => hub.System.ActorOf(Props.Create(() => new Writer()))).ToList();
        await Round(actors, run.Quick ? 1 : 10); // starts, schema, JIT
        var rates = new List<double>();
        var cores = new List<double>();
        var rowsBefore = Rows(hub);
        for (var i = run.Times(5, 1); i > 0; i--)
        {
            var load = new Load();
            await Round(actors, each);
            rates.Add(Actors * each / load.Seconds);
            cores.Add(load.BusyCores);
        }

        var written = Rows(hub) - rowsBefore;
        if (written != rates.Count * Actors * each)
            throw new InvalidOperationException($"{rates.Count * Actors * each} events were acknowledged and {written} are in the journal.");
        return new RowResult([new("events, warm", "1/s", rates, Target.Least(10_000)), new("busy cores", "", cores)], []);
    }

    private static long Rows(MockHub hub)
    {
        using var tail = new JournalTail(new SqliteFile(Path.Combine(hub.Options.DataDirectory, "journal.db")));
        return tail.Last();
    }

    private static Task Round(List<IActorRef> actors, int each) => Task.WhenAll(actors.Select(async actor =>
    {
        for (var i = 0; i < each; i++)
            await actor.Ask<object>(Writer.Write, TimeSpan.FromSeconds(30));
    }));

    private sealed class Writer : UntypedPersistentActor
    {
        internal static readonly object Write = new();

        private readonly TokensGranted _event = new(new Tokens(1), new string('c', 90), new string('b', 90), DateTimeOffset.UnixEpoch);

        public override string PersistenceId { get; } = $"account-{AccountId.FromBytes(RandomNumberGenerator.GetBytes(16))}";

        protected override void OnCommand(object message)
        {
            var asker = Sender;
            Persist(_event, _ => asker.Tell(Write));
        }

        protected override void OnRecover(object message)
        {
        }
    }
}
