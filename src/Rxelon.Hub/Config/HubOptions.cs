namespace Rxelon.Hub.Config;

/// <summary>
/// Everything an admin can set, bound from <c>appsettings.json</c>, <c>RXELON_</c> environment variables and the command line
/// (section "Hub"). Validated at start: a wrong value stops the hub with the key's name.
/// </summary>
public sealed class HubOptions
{
    /// <summary>Where journal, blobs, keys and the admin socket live (mode 0700).</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>The network's name, shown to users and in certificates.</summary>
    public string Network { get; set; } = "rxelon";

    /// <summary>Where the HTTP API listens. Plain http is accepted on loopback only.</summary>
    public string HttpUrl { get; set; } = "http://127.0.0.1:7600";

    /// <summary>PEM certificate and key for https; or "ca": one issued by the CHS's own CA.</summary>
    public string? HttpCertificate { get; set; }

    public string? HttpCertificateKey { get; set; }

    /// <summary>The base URL that nodes use for blobs when it differs from <see cref="HttpUrl"/>.</summary>
    public string? PublicHttpUrl { get; set; }

    /// <summary>Where the edge listens for nodes, and the exact name and port that nodes dial.</summary>
    public string EdgeBindHost { get; set; } = "127.0.0.1";

    public int EdgePort { get; set; } = 7601;

    public string EdgePublicHost { get; set; } = "127.0.0.1";

    /// <summary>Port of the private cluster system; 0 picks one.</summary>
    public int ClusterPort { get; set; }

    /// <summary>New nodes wait for an admin's approval.</summary>
    public bool NodesNeedApproval { get; set; }

    /// <summary>Bounds on operators' asks, micro-tokens per core-hour.</summary>
    public long MinAskPerCoreHour { get; set; } = 1_000;

    public long MaxAskPerCoreHour { get; set; } = 100_000_000;

    /// <summary>The ask that a quote assumes when no connected node fits; kept within the bounds.</summary>
    public long AssumedAskPerCoreHour { get; set; } = 1_000_000;

    /// <summary>The network fee in thousandths of the operator's share.</summary>
    public int FeePermille { get; set; } = 50;

    /// <summary>Bytes of ciphertext an account may store.</summary>
    public long QuotaBytes { get; set; } = 20L << 30;

    /// <summary>Bytes of the data directory's volume that uploads, results and logs leave free, so that the journal can always be written; 0 for none.</summary>
    public long DiskReserveBytes { get; set; } = 512L << 20;

    /// <summary>Largest encrypted part or result, bytes.</summary>
    public long MaxPartBytes { get; set; } = 4L << 30;

    /// <summary>Accounts that one remote address may open at once; one more each second after that.</summary>
    public int AccountsPerAddress { get; set; } = 60;

    /// <summary>How long accounts gather what they owe before they send it on.</summary>
    public TimeSpan PayoutWindow { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a quote's demand multiplier is promised: long enough to encrypt and upload.</summary>
    public TimeSpan QuoteLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Heartbeats: idle and busy nodes; suspect and lost after this much silence beyond the beat.</summary>
    public TimeSpan IdleBeat { get; set; } = TimeSpan.FromSeconds(10);

    public TimeSpan BusyBeat { get; set; } = TimeSpan.FromSeconds(2);

    public TimeSpan SuspectAfter { get; set; } = TimeSpan.FromSeconds(3);

    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Between two looks for logs whose time is over.</summary>
    public TimeSpan LogSweep { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Mean time between two challenges of a node; each comes at half to one and a half of it.</summary>
    public TimeSpan ChallengeEvery { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a node may take to read its files again and answer.</summary>
    public TimeSpan ChallengeDeadline { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Digests of node clients that nodes may change to, hex, besides those that <c>integrity allow</c> added.</summary>
    public IList<string> AllowedClients { get; } = [];

    /// <summary>Largest clock difference tolerated from a node or client.</summary>
    public TimeSpan MaxClockSkew { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The log's name when it is begun, such as hub.example.org/ledger; made from the hub's address when not given. It never changes afterwards.</summary>
    public string? LedgerOrigin { get; set; }

    /// <summary>
    /// A tlog-policy file that names the witnesses (with their addresses) and the quorum that must vouch for every block; none when not
    /// given.
    /// </summary>
    public string? LedgerPolicy { get; set; }

    /// <summary>Between two looks of the sealer at the journal.</summary>
    public TimeSpan LedgerBatch { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two checkpoints while something is new.</summary>
    public TimeSpan LedgerCheckpoint { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two rounds of the witnesses while nothing is new.</summary>
    public TimeSpan LedgerRewitness { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long one witness may take for an answer.</summary>
    public TimeSpan LedgerWitnessTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Keep every event, encrypted, beside its entry, so that mirrors can hold a copy.</summary>
    public bool LedgerReplicas { get; set; } = true;

    /// <summary>Where blobs above 32 KiB lie: "folder" (the data directory) or "s3".</summary>
    public string Blobs { get; set; } = "folder";

    /// <summary>The S3 store: its URL (https, or http on loopback) and an existing bucket of this hub's alone, or a prefix in it.</summary>
    public string? S3Endpoint { get; set; }

    public string? S3Bucket { get; set; }

    public string S3Prefix { get; set; } = "";

    /// <summary>The region that requests are signed for; stores of one's own usually accept any.</summary>
    public string S3Region { get; set; } = "us-east-1";

    /// <summary>The bucket stands in the path and not in the host name, as most stores of one's own want it.</summary>
    public bool S3PathStyle { get; set; } = true;

    /// <summary>A file (mode 0600) with the credentials; otherwise AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment.</summary>
    public string? S3CredentialsFile { get; set; }

    /// <summary>The word for blobs in an S3 store.</summary>
    internal const string BlobsInS3 = "s3";

    /// <summary>Accept mock tasks (tests and benches).</summary>
    public bool AllowMock { get; set; }
}
