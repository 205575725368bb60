using System.Collections.Concurrent;
using System.Security.Cryptography;
using Akka.Actor;
using Google.Protobuf;
using Rxelon.Domain.Nodes;
using Rxelon.Node.Integrity;
using Rxelon.Node.Link;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>The real link of a node, with a stand-in for its supervisor.</summary>
internal sealed class NodeHarness : IAsyncDisposable
{
    private readonly EdgeHarness _edge;
    private readonly string _directory;
    private IActorRef _integrity = ActorRefs.Nobody;
    private readonly ExchangeKeyPair _session = ExchangeKeyPair.Generate();

    internal NodeHarness(EdgeHarness edge, int? port = null, TimeSpan? lifetime = null, string host = "127.0.0.1")
        : this(edge, Directory.CreateTempSubdirectory("rxelon-node-").FullName)
    {
        using var identity = SigningKeyPair.Generate();
        using var tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var node = NodeId.OfIdentityKey(identity.PublicKey);
        var label = Rxelon.Link.Certificates.LinkNames.NewLabel();
        var certificate = edge.Authority.IssueNode(
            node, label, tls.ExportSubjectPublicKeyInfo(), lifetime ?? TimeSpan.FromDays(30)).Value;
        edge.Chs.Known[node] = new NodeView(
            node, edge.Chs.Owner, "test", NodeStanding.Active, identity.PublicKey, label, [], default, 0, 0, 0, 0);
        NodeMembership.Save(
            _directory, new MembershipInfo(node, edge.Chs.Owner, "test", label, "http://127.0.0.1:1", "", host, port ?? edge.Service.Port),
            identity, tls, certificate, edge.Authority.CertificateDer);
        Membership = NodeMembership.Load(_directory).Value;
    }

    private NodeHarness(EdgeHarness edge, string directory)
    {
        _edge = edge;
        _directory = directory;
        Membership = null!;
    }

    internal NodeMembership Membership { get; private set; }

    internal NodeId Id => Membership.Info.Node;

    internal string StateDirectory => _directory;

    internal int OutboxFiles => Directory.GetFiles(Path.Combine(_directory, "outbox"), "*.report").Length;

    internal ActorSystem? System { get; private set; }

    internal IActorRef Link { get; private set; } = ActorRefs.Nobody;

    /// <summary>Measures this node as the real one does; null: as a client that measures nothing.</summary>
    internal Measurer? Measured { get; set; }

    /// <summary>Images on offer.</summary>
    internal IReadOnlyList<string> Images { get; init; } = [];

    internal IReadOnlyList<string> Announced { get; set; } = [];

    /// <summary>The operation log of the process that was started last, when it measures.</summary>
    internal OperationLog? Log { get; private set; }

    /// <summary>What the link told the supervisor.</summary>
    internal ConcurrentQueue<object> Told { get; } = new();

    /// <summary>What runs here, as the supervisor would say.</summary>
    internal ConcurrentDictionary<AttemptId, uint> Running { get; } = new();

    internal IEnumerable<T> Got<T>() => Told.OfType<T>();

    internal IEnumerable<ToNode> Frames => Got<FromHub>().Select(f => f.Frame);

    /// <summary>A second process with a copy of this node's state directory.</summary>
    internal NodeHarness Clone()
    {
        var copy = Directory.CreateTempSubdirectory("rxelon-node-").FullName;
        foreach (var file in Directory.GetFiles(_directory))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return new NodeHarness(_edge, copy) { Membership = NodeMembership.Load(copy).Value };
    }

    internal NodeHarness Start(TimeProvider? time = null)
    {
        System = ActorSystem.Create("rxelon-node", "akka.loglevel = WARNING");
        var supervisor = System.ActorOf(Props.Create(() => new Supervisor(this)));
        var settings = new LinkSettings(Membership, _session.PublicKey, _directory, "test");
        if (Measured is not null)
        {
            Log?.Dispose();
            Log = OperationLog.Open(_directory, Id, Membership.Identity, time ?? TimeProvider.System);
            var reporter = new IntegrityReporter(
                Id, Membership.Identity, Measured, Log, _directory, "test", time ?? TimeProvider.System)
            {
                Announced = Announced,
            };
            Log.Add(OperationKind.Started, "test");
            settings = settings with { Measures = nonce => reporter.ForHelloAsync(nonce, CancellationToken.None) };
            Link = System.ActorOf(HubLink.Props(settings, supervisor, time ?? TimeProvider.System));
            _integrity = System.ActorOf(IntegrityActor.Props(reporter, Link, time ?? TimeProvider.System));
        }
        else
        {
            Link = System.ActorOf(HubLink.Props(settings, supervisor, time ?? TimeProvider.System));
        }

        return this;
    }

    /// <summary>Ends the process without a word, as <c>kill -9</c> would.</summary>
    internal async Task StopAsync()
    {
        if (System is not null)
            await System.Terminate();
        System = null;
    }

    internal Task<TimeSpan> UpAsync(int times = 1, double seconds = 30)
        => Eventually.TrueAsync($"session {times}", () => Got<LinkUp>().Count() >= times, seconds);

    internal void Ready(AttemptId attempt)
    {
        Running[attempt] = 2;
        var ready = new PartsReady();
        ready.Attempts.Add(Key(attempt));
        Link.Tell(new Send(new ToHub { PartsReady = ready }, Reliable: true));
    }

    internal ToHub Report(AttemptId attempt, byte[] input, byte[] result, Action<AttemptReport>? change = null)
    {
        var blob = new BlobRef(BlobId.Of(result), result.Length);
        var metering = new Metering(1, 1, 1, 1, input.Length, result.Length, 0);
        var report = new AttemptReport
        {
            Attempt = Key(attempt),
            InputId = ByteString.CopyFrom(BlobId.Of(input).ToDigest()),
            Result = new Blob { Id = ByteString.CopyFrom(blob.Id.ToDigest()), Size = blob.Size, Inline = ByteString.CopyFrom(result) },
            Metering = new MeteringMsg { WallMillis = 1, CpuMillis = 1, PeakMemory = 1, Fuel = 1, InputBytes = input.Length, OutputBytes = result.Length },
            Signature = ByteString.CopyFrom(Membership.Identity.Sign(SignedStatements.Result(attempt, Id, BlobId.Of(input), blob, metering))),
        };
        change?.Invoke(report);
        return new ToHub { Report = report };
    }

    internal void SendReport(AttemptId attempt, byte[] input, byte[] result, Action<AttemptReport>? change = null)
        => Link.Tell(new Send(Report(attempt, input, result, change), Reliable: true));

    internal Task<TimeSpan> AckAsync(AttemptId attempt, bool accepted, double seconds = 30) => Eventually.TrueAsync(
        $"an answer to {attempt}",
        () => Frames.Any(f => f.ReportAck is { } ack && ack.Attempt.Equals(Key(attempt)) && ack.Accepted == accepted), seconds);

    internal static AttemptKey Key(AttemptId attempt)
        => new() { Task = ByteString.CopyFrom(attempt.Task.ToBytes()), Part = (uint)attempt.Part, Number = (uint)attempt.Number };

    internal static Offer Offer => new()
    {
        Total = new ResourcesMsg { CpuMillis = 2000, Memory = 1 << 30, Disk = 1 << 30 },
        Free = new ResourcesMsg { CpuMillis = 2000, Memory = 1 << 30, Disk = 1 << 30 },
        SlotsFree = 2,
        SlotsTotal = 2,
        AskMicrosPerCoreHour = 5_000,
        Region = "eu",
        Executors = { new ExecutorOffer { Kind = 1, Runtime = "wasm" } },
    };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _session.Dispose();
        Log?.Dispose();
        Membership.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class Supervisor : ReceiveActor
    {
        public Supervisor(NodeHarness node)
        {
            static Offer OfferOf(NodeHarness node)
            {
                var offer = Offer;
                if (node.Images.Count > 0)
                    offer.Executors.Add(new ExecutorOffer { Kind = (uint)WorkloadKind.Docker, Runtime = "test", Images = { node.Images } });
                return offer;
            }

            Receive<AskRunning>(_ => Sender.Tell(new RunningAttempts(
                node.Running.Select(r => new RunningAttempt { Attempt = Key(r.Key), Phase = r.Value }).ToList(), OfferOf(node))));
            ReceiveAny(message =>
            {
                node.Told.Enqueue(message);
                if (message is LinkUp or LinkDown || (message is FromHub from && IntegrityActor.IsFor(from.Frame)))
                    node._integrity.Tell(message);
                if (message is FromHub { Frame.Assign: { } assign })
                    Sender.Tell(new OfferChanged(Offer, assign.Parts.Count));
            });
        }
    }
}
