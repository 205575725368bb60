using System.Security.Cryptography;
using System.Text;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>Settings of the ledger, as the composition root has read them.</summary>
/// <param name="Origin">The log's name when it is begun; null: made up from where the hub is reached.</param>
/// <param name="Address">Where the hub is reached.</param>
/// <param name="PolicyFile">tlog-policy with witnesses and quorum, or null.</param>
/// <param name="BatchEvery">Between two looks at the journal.</param>
/// <param name="CheckpointEvery">Between two checkpoints while something is new.</param>
/// <param name="RewitnessEvery">Between two rounds of signatures while nothing is.</param>
/// <param name="WitnessPatience">For one answer of a witness.</param>
/// <param name="Replicas">Keep the events encrypted beside their entries, for mirrors.</param>
internal sealed record SealingOptions(
    string? Origin, string Address, string? PolicyFile, TimeSpan BatchEvery, TimeSpan CheckpointEvery, TimeSpan RewitnessEvery, TimeSpan WitnessPatience, bool Replicas);

/// <summary>What the sealer works with; opened by the composition root, closed by the container.</summary>
internal sealed class SealingServices : IDisposable
{
    /// <summary>The database's name in the data directory.</summary>
    internal const string DatabaseName = "ledger.db";

    /// <summary>What the key that seals this ledger's secrets is derived from the master key for.</summary>
    internal const string KeyPurpose = "rx/ledger/v1";

    /// <summary>The folder of the public files in the data directory.</summary>
    internal const string FolderName = "ledger";

    private readonly SqliteFile _journal;
    private readonly SqliteFile _ledger;
    private readonly byte[] _sealingKey;
    private readonly SealingOptions _options;
    private readonly string _witnesses; // policy text without logs

    private SealingServices(
        string dataDirectory, SqliteFile journal, LogKeys keys, byte[] sealingKey, SealingOptions options, string? policy, LedgerBoard board, TimeProvider time)
    {
        _journal = journal;
        _ledger = new SqliteFile(Path.Combine(dataDirectory, DatabaseName));
        _sealingKey = sealingKey;
        _options = options;
        Directory = Path.Combine(dataDirectory, FolderName);
        Log = new LogDirectory(Directory);
        Keys = keys;
        Board = board;
        Time = time;
        _witnesses = policy ?? "quorum none\n";
        if (ReadPolicy(options.PolicyFile, policy, keys) is { } read && (read.Quorum is not null || read.Witnesses.Count > 0))
            Panel = new WitnessPanel(read, Log, new SocketsHttpHandler { AllowAutoRedirect = false }, options.WitnessPatience, time);
    }

    internal string Directory { get; }

    internal LogDirectory Log { get; }

    internal LogKeys Keys { get; }

    internal LedgerBoard Board { get; }

    internal TimeProvider Time { get; }

    /// <summary>Null when no witness is named.</summary>
    internal WitnessPanel? Panel { get; }

    internal TimeSpan BatchEvery => _options.BatchEvery;

    internal TimeSpan CheckpointEvery => _options.CheckpointEvery;

    internal TimeSpan RewitnessEvery => _options.RewitnessEvery;

    /// <summary>
    /// Opens keys and policy. What cannot be used is an <see cref="InvalidDataException"/> that names the file. The sealing key belongs to the result.
    /// </summary>
    internal static SealingServices Open(
        string dataDirectory, SqliteFile journal, byte[] sealingKey, SealingOptions options, LedgerBoard board, TimeProvider time)
    {
        var keys = LogKeys.Open(dataDirectory, [.. sealingKey], publicKey => options.Origin ?? OriginOf(options.Address, publicKey));
        try
        {
            return new SealingServices(dataDirectory, journal, keys, sealingKey, options, options.PolicyFile is { } file ? WithoutLogs(File.ReadAllText(file)) : null, board, time);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>The policy that readers of this log need: its keys, its witnesses, its quorum (tlog-policy text).</summary>
    internal string PolicyText()
    {
        var text = new StringBuilder();
        foreach (var key in Keys.VerifierKeys)
            text.Append("log ").Append(key).Append('\n');
        return text.Append(_witnesses).ToString();
    }

    internal Sealer OpenSealer() => new(
        _journal, _ledger, Directory, Keys, _sealingKey, Time, _options.Replicas, () => RandomNumberGenerator.GetBytes(EntityKey.Size));

    internal LedgerReader OpenReader() => new(this, _ledger, _journal, _sealingKey);

    internal Task<PanelLook> Look(Sealer sealer, WitnessPanel panel, CancellationToken cancel)
    {
        sealer.Flush(); // what is committed is compared with what the witnesses have: its tiles must be readable
        return panel.LookAsync(Keys.Origin, sealer.Size, Keys.VerifierKeys, cancel);
    }

    public void Dispose()
    {
        Panel?.Dispose();
        Keys.Dispose();
        CryptographicOperations.ZeroMemory(_sealingKey);
    }

    private static WitnessPolicy? ReadPolicy(string? file, string? text, LogKeys keys)
    {
        if (text is null)
            return null;
        var policy = WitnessPolicy.Parse($"{text}\nlog {keys.Current.Verifier}\n");
        return policy.Fault is { } fault
            ? throw new InvalidDataException($"{file} is no witness policy: {fault.Message}")
            : policy.Value.Witnesses.FirstOrDefault(w => w.Url is null) is { Name: { } name }
                ? throw new InvalidDataException($"{file}: the witness '{name}' has no address; write it behind its key.")
                : policy.Value;
    }

    private static string WithoutLogs(string policy)
        => string.Join('\n', policy.Split('\n').Where(l => !l.TrimStart().StartsWith("log ", StringComparison.Ordinal)));

    // A name that no other log has, also when every hub on earth is reached as localhost.
    private static string OriginOf(string address, byte[] publicKey)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 4));
        return Uri.TryCreate(address, UriKind.Absolute, out var url) && !url.IsLoopback ? $"{url.Authority}/ledger/{digest}" : $"localhost/ledger/{digest}";
    }
}
