using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Rxelon.Client.Hub;
using Rxelon.Client.KeyHolding;
using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using NodeEnrolled = Rxelon.Shared.Journal.NodeEnrolled;

namespace Rxelon.Client.Tests.KeyHolding;

/// <summary>
/// A hub that shows one key request and its ledger, both of which a test may falsify, and takes keys; a node that is enrolled in that ledger.
/// </summary>
internal sealed class KeyHubWorld : HttpMessageHandler
{
    private readonly TempFolder _mine = new();
    private readonly EntityKey _entity;
    private readonly byte[] _payload;
    private readonly ulong _index;

    internal KeyHubWorld(bool signedEnrolment = true)
    {
        Request = Honest(Identity, Session.PublicKey);
        _entity = new EntityKey(RandomNumberGenerator.GetBytes(EntityKey.Size), $"node-{Node}");
        var (token, spki) = (SHA256.HashData("token"u8), SHA256.HashData("spki"u8));
        var enrolled = new NodeEnrolled
        {
            Operator = ByteString.CopyFrom(Operator.ToBytes()),
            Name = "attic",
            IdentityKey = ByteString.CopyFrom(Identity.PublicKey),
            TlsSpkiSha256 = ByteString.CopyFrom(spki),
        };
        if (signedEnrolment)
        {
            enrolled.Signed = new NodeEnrolled.Types.Enrolment
            {
                TokenSha256 = ByteString.CopyFrom(token),
                Signature = ByteString.CopyFrom(Identity.Sign(SignedStatements.EnrolDigests(Identity.PublicKey, token, spki))),
            };
        }

        _payload = enrolled.ToByteArray();
        Log.Publish(20);
        _index = Log.Size;
        Log.Add(Leaf());
        Log.Publish(20);
        Shown = Receipt(Log);
    }

    internal static TaskId Task { get; } = TaskId.FromBytes([5, .. new byte[15]]);

    internal static AccountId Operator { get; } = AccountId.FromBytes([6, .. new byte[15]]);

    internal TestLog Log { get; } = new();

    internal SigningKeyPair Identity { get; } = SigningKeyPair.Generate();

    internal ExchangeKeyPair Session { get; } = ExchangeKeyPair.Generate();

    internal NodeId Node => NodeId.OfIdentityKey(Identity.PublicKey);

    internal byte[] TaskKey { get; } = KeySchedule.NewTaskKey();

    /// <summary>What the hub shows; none when null.</summary>
    internal KeyRequestInfo? Request { get; set; }

    internal Receipt Shown { get; set; }

    /// <summary>So many times the enrolment is pending.</summary>
    internal int Pending { get; set; }

    internal List<KeyGrantInfo> Granted { get; } = [];

    internal IAttestationVerifier? Verifier { get; set; }

    /// <summary>A request as an honest node makes it.</summary>
    internal static KeyRequestInfo Honest(SigningKeyPair identity, byte[] sessionKey, byte[]? quote = null)
    {
        var nonce = RandomNumberGenerator.GetBytes(16);
        var node = NodeId.OfIdentityKey(identity.PublicKey);
        return new KeyRequestInfo(
            2, 1, node, Operator, sessionKey, nonce, identity.PublicKey, identity.Sign(SignedStatements.Session(node, sessionKey, nonce)), quote);
    }

    /// <summary>The enrolment's proof under that log's checkpoint.</summary>
    internal Receipt Receipt(TestLog log) => new(
        Shared.Ledger.Receipt.FormatName, Node.ToString(), Shared.Ledger.Receipt.Final, TestLog.Origin, log.Note.ToString(),
        [
            new ReceiptEntry(
                _index, Leaf(), [.. log.Inclusion(_index).Select(h => h.ToBytes())], $"node-{Node}", _entity.TagKey, 1, _entity.Salt(1), 4101, "node.enrolled.1", _payload),
        ], []);

    /// <summary>Another history that the log's key signed, in which the node is enrolled as well.</summary>
    internal TestLog Fork()
    {
        var fork = Log.Fork((int)_index, 0);
        fork.Add(Leaf());
        return fork.Publish((int)(Log.Size - _index) - 2);
    }

    internal async Task<Fault?> AttendAsync(Func<TaskSpec, TaskSpec>? change = null)
    {
        var spec = new TaskSpec { Name = "x", Kind = WorkloadKind.Wasm, Privacy = new Privacy { Custody = Custody.Sealed } };
        using var hub = new HubClient(HubAddress.Parse("http://127.0.0.1:1").Value, "key", TimeProvider.System, new Keep(this));
        var follower = new LogFollower(_mine["log"], Log.Reader, Log.Policy, TimeProvider.System);
        var check = new NodeCheck(new EnrolmentCheck(hub, follower, () => Log.Policy), Verifier);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await new KeyHolder(hub, check, TimeProvider.System).AttendAsync(Task, new OrderTerms(change?.Invoke(spec) ?? spec, 3), TaskKey, null, patience.Token);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (path.EndsWith("/key-requests", StringComparison.Ordinal))
            return Json(new KeyRequestsResponse(Granted.Count > 0 ? "Completed" : "Running", Request is null ? [] : [Request]));
        if (path.EndsWith("/enrolment", StringComparison.Ordinal))
        {
            var shown = Pending-- > 0 ? Shown with { Status = Shared.Ledger.Receipt.Pending } : Shown;
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(shown.ToBytes()) };
        }

        Granted.AddRange(JsonSerializer.Deserialize(await request.Content!.ReadAsByteArrayAsync(cancellationToken), ApiJson.Default.KeyGrantsRequest)!.Grants);
        return Json(new KeyGrantsResponse([]));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Log.Dispose();
            Identity.Dispose();
            Session.Dispose();
            _entity.Dispose();
            _mine.Dispose();
        }

        base.Dispose(disposing);
    }

    private static HttpResponseMessage Json<T>(T value) => new(HttpStatusCode.OK)
    {
        Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Default.GetTypeInfo(typeof(T))!)),
    };

    private byte[] Leaf() => new EventLeaf(
        _entity.Tag, 1, TestLog.Start, default, Commitment.Payload(_entity.Salt(1), new EventPayload(4101, "node.enrolled.1", _payload)), default).ToBytes();

    /// <summary>A client disposes of its transport; the world outlives it.</summary>
    private sealed class Keep(KeyHubWorld world) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => world.SendAsync(request, cancellationToken);
    }
}
