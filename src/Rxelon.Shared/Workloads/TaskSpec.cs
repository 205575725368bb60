using System.Text.Json;
using System.Text.Json.Serialization;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Workloads;

/// <summary>Which kind of sandbox a task needs.</summary>
public enum WorkloadKind
{
    /// <summary>WebAssembly with WASI preview 1; the module travels encrypted in the program blob.</summary>
    Wasm = 1,

    /// <summary>An OCI container, named by image digest.</summary>
    Docker = 2,

    /// <summary>A test double that computes nothing; only nodes started with it accept such tasks.</summary>
    Mock = 3,

    /// <summary>A virtual machine, named by the digest of its image's manifest.</summary>
    Vm = 4,

    /// <summary>A language model that a node's cluster runs; prompts travel encrypted as program and input.</summary>
    Model = 5,
}

/// <summary>Economy, standard or priority: the queue's order and the price's multiplier.</summary>
public enum Tier
{
    Economy = 1,
    Standard = 2,
    Priority = 3,
}

/// <summary>Who holds the task key while the task runs.</summary>
public enum Custody
{
    /// <summary>The CHS vault, which releases part keys to assigned nodes.</summary>
    Managed = 1,

    /// <summary>The owner's client, which seals part keys to the nodes itself; the CHS never has the task key.</summary>
    Sealed = 2,

    /// <summary>As sealed, after an executor's attestation was checked. Known by name only: no executor can attest yet.</summary>
    Attested = 3,
}

/// <summary>
/// What the CHS may see of a task: the terms it needs to place, limit and price it. Programs, arguments, environment,
/// secrets and inputs are not in here; they travel encrypted. The exact UTF-8 bytes of its JSON are what the user signs
/// and what the journal keeps, so nobody ever re-encodes it to check a signature.
/// </summary>
public sealed record TaskSpec
{
    /// <summary>A label for people, 1 to 64 characters; not secret.</summary>
    public required string Name { get; init; }

    /// <summary>The sandbox.</summary>
    public required WorkloadKind Kind { get; init; }

    /// <summary>Docker: image id or digest, <c>sha256:…</c>. Model: the model's full name. Nothing for the others.</summary>
    public string? Image { get; init; }

    /// <summary>Docker only: where nodes whose operators agree may pull <see cref="Image"/> from, <c>HOST[:PORT]/PATH</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Repository { get; init; }

    /// <summary>Docker only: the encrypted archive that brings <see cref="Image"/> along; null when nodes have or pull it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImageBlob? ImageBlob { get; init; }

    /// <summary>Docker only: GPUs that each part gets for itself; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GpuRequest? Gpu { get; init; }

    /// <summary>Docker only: where the program may connect to; null for nowhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkRequest? Network { get; init; }

    /// <summary>What each part gets.</summary>
    public Resources Resources { get; init; } = Resources.Default;

    /// <summary>Where each part must stop.</summary>
    public Limits Limits { get; init; } = new();

    /// <summary>Where it may run.</summary>
    public Placement Placement { get; init; } = new();

    /// <summary>Cipher, custody, and how many parts at once.</summary>
    public Privacy Privacy { get; init; } = new();

    /// <summary>What it may cost.</summary>
    public Budget Budget { get; init; } = new();

    /// <summary>How long results stay after the end.</summary>
    public Retention Retain { get; init; } = new();

    /// <summary>Stages besides the task's own run, which is <c>main</c>; see docs/design/stages.md.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<StageSpec>? Stages { get; init; }

    /// <summary>Which stages are repeated, and until when.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RoundsSpec? Rounds { get; init; }

    /// <summary>Why <see cref="Limits.Speculate"/> does not go with the rest, or null when it does.</summary>
    public string? RefusesSpeculation() => !Limits.Speculate ? null
        : Verify is { Policy: not VerifyPolicy.None } ? "verify runs parts on several nodes already: leave speculate out."
        : Privacy.Rotate ? "with rotate one part runs at a time, and a second attempt of it would get its keys before it was accepted: leave speculate out."
        : Privacy.Sticky ? "a sticky task keeps to one node, and a second attempt needs another: leave speculate out."
        : null;

    /// <summary>How results are checked; null: every signed result counts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VerifySpec? Verify { get; init; }

    /// <summary>The bytes that are signed and kept.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Default.TaskSpec);

    /// <summary>Reads what <see cref="ToBytes"/> wrote; unknown members are refused by name.</summary>
    public static Outcome<TaskSpec> Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, SpecJson.Default.TaskSpec) is { } spec
                ? spec
                : new Fault(FaultCodes.Malformed, "The task spec is null.", Culprit.Input);
        }
        catch (JsonException e)
        {
            return new Fault(FaultCodes.Malformed, $"The task spec is not valid: {e.Message}", Culprit.Input);
        }
    }
}

/// <summary>Time per attempt (seconds), output bytes per part, attempts after the first, and how long it may wait in the queue.</summary>
public sealed record Limits
{
    public int TimeSeconds { get; init; } = 60;

    public long OutputBytes { get; init; } = 100L << 20;

    public int Retries { get; init; } = 2;

    /// <summary>Seconds from submission until the task must have ended; 0 means none.</summary>
    public long DeadlineSeconds { get; init; }

    /// <summary>A part that takes far longer than the others runs once more beside itself, on another node (docs/design/speculation.md).</summary>
    // Absent when false: specs that do not ask for it keep the bytes that were signed.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Speculate { get; init; }
}

/// <summary>Which nodes qualify. Empty lists mean any.</summary>
public sealed record Placement
{
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Operator accounts that must not get any part.</summary>
    public IReadOnlyList<string> DenyOperators { get; init; } = [];

    /// <summary>Labels a node must carry with these values.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>How the data is protected and spread.</summary>
public sealed record Privacy
{
    public Custody Custody { get; init; } = Custody.Managed;

    /// <summary>A name from <c>CipherSuites</c>.</summary>
    public string Cipher { get; init; } = "aes-256-gcm";

    /// <summary>Most parts running at once; 0 means as many as fit.</summary>
    public int Parallel { get; init; }

    /// <summary>Keep all parts on the node that took the first one.</summary>
    public bool Sticky { get; init; }

    /// <summary>A part's keys go only after the result of the part before it was accepted; parts then run one at a time.</summary>
    // Absent when false: specs that do not ask for it keep the bytes that were signed.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Rotate { get; init; }

    /// <summary>Why <see cref="Parallel"/> and <see cref="Rotate"/> do not go together, or null when they do.</summary>
    public string? RefusesParallel() => Rotate && Parallel > 1
        ? "with rotate, each part waits for the result of the one before it, so that one part runs at a time: leave parallel out, or say 1."
        : null;
}

/// <summary>The most the task may cost, and its tier. A ceiling of zero means "the quote".</summary>
public sealed record Budget
{
    public Tokens Max { get; init; }

    public Tier Tier { get; init; } = Tier.Standard;
}

/// <summary>Seconds after the end for which ciphertext is kept.</summary>
public sealed record Retention
{
    public long ResultsSeconds { get; init; } = 7 * 24 * 3600;

    /// <summary>Logs of attempts; null: as long as results, and never longer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? LogsSeconds { get; init; }
}

/// <summary>JSON of the spec: camelCase, enum names, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TaskSpec))]
internal sealed partial class SpecJson : JsonSerializerContext;
