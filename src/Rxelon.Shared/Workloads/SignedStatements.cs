using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// The exact bytes that users and nodes sign (docs/design/signatures.md). Fixed binary, big-endian, one ASCII domain line
/// first, so that no statement can be read as another.
/// </summary>
public static class SignedStatements
{
    private const int StopFlag = 1;

    /// <summary>
    /// A user's order: "rx/submit/v1\n" ‖ task 16 ‖ account 16 ‖ SHA-256(spec bytes) ‖ SHA-256(u64 size ‖ digest of each
    /// part) ‖ u32 parts ‖ program digest 32 ‖ u64 budget micro-tokens.
    /// </summary>
    public static byte[] Submit(
        TaskId task, AccountId owner, ReadOnlySpan<byte> spec, IReadOnlyList<BlobRef> parts, BlobRef program, Tokens budget)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[8];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt64BigEndian(size, part.Size);
            hash.AppendData(size);
            hash.AppendData(part.Id.ToDigest());
        }

        return new StatementWriter("rx/submit/v1")
            .Bytes(task.ToBytes()).Bytes(owner.ToBytes()).Bytes(SHA256.HashData(spec)).Bytes(hash.GetHashAndReset())
            .U32(parts.Count).Bytes(program.Id.ToDigest()).I64(budget.Micros).ToArray();
    }

    /// <summary>
    /// A node's result: "rx/result/v1\n" ‖ task 16 ‖ u32 part ‖ u32 attempt ‖ node 16 ‖ input digest ‖ result digest ‖
    /// u64 result size ‖ seven u64 of metering in the order of <see cref="Metering"/>. With <paramref name="stop"/> (the result has
    /// the file that ends the rounds) it is "rx/result/v2\n", the same fields ‖ u32 flags, of which 1 is stop.
    /// </summary>
    public static byte[] Result(AttemptId attempt, NodeId node, BlobId input, BlobRef result, Metering m, bool stop = false)
    {
        var statement = new StatementWriter(stop ? "rx/result/v2" : "rx/result/v1")
            .Bytes(attempt.Task.ToBytes()).U32(attempt.Part).U32(attempt.Number).Bytes(node.ToBytes())
            .Bytes(input.ToDigest()).Bytes(result.Id.ToDigest()).I64(result.Size)
            .I64(m.WallMillis).I64(m.CpuMillis).I64(m.PeakMemory).I64(m.Fuel).I64(m.InputBytes).I64(m.OutputBytes)
            .I64(m.ExitCode);
        return (stop ? statement.U32(StopFlag) : statement).ToArray();
    }

    /// <summary>
    /// A node's promise of an answer (docs/design/verification.md): "rx/commit/v1\n" ‖ task 16 ‖ u32 part ‖ u32 attempt ‖ node 16 ‖
    /// commitment 32.
    /// </summary>
    public static byte[] Commit(AttemptId attempt, NodeId node, ReadOnlySpan<byte> commitment)
        => new StatementWriter("rx/commit/v1")
            .Bytes(attempt.Task.ToBytes()).U32(attempt.Part).U32(attempt.Number).Bytes(node.ToBytes()).Bytes(commitment).ToArray();

    /// <summary>
    /// What a node's attempt leaves for the next one (docs/design/checkpoints.md): "rx/checkpoint/v1\n" ‖ task 16 ‖ u32 part ‖ u32 attempt ‖
    /// node 16 ‖ digest 32 ‖ u64 size.
    /// </summary>
    public static byte[] Checkpoint(AttemptId attempt, NodeId node, BlobRef checkpoint)
        => new StatementWriter("rx/checkpoint/v1")
            .Bytes(attempt.Task.ToBytes()).U32(attempt.Part).U32(attempt.Number).Bytes(node.ToBytes())
            .Bytes(checkpoint.Id.ToDigest()).I64(checkpoint.Size).ToArray();

    /// <summary>A node's failure report: "rx/failure/v1\n" ‖ task ‖ u32 part ‖ u32 attempt ‖ node ‖ SHA-256(code ‖ 0x0A ‖ message).</summary>
    public static byte[] Failure(AttemptId attempt, NodeId node, string code, string message)
        => new StatementWriter("rx/failure/v1")
            .Bytes(attempt.Task.ToBytes()).U32(attempt.Part).U32(attempt.Number).Bytes(node.ToBytes())
            .Bytes(SHA256.HashData(Encoding.UTF8.GetBytes($"{code}\n{message}"))).ToArray();

    /// <summary>A node vouches for its session's X25519 key: "rx/session/v1\n" ‖ node 16 ‖ session key 32 ‖ nonce 16.</summary>
    public static byte[] Session(NodeId node, ReadOnlySpan<byte> sessionKey, ReadOnlySpan<byte> nonce)
        => new StatementWriter("rx/session/v1").Bytes(node.ToBytes()).Bytes(sessionKey).Bytes(nonce).ToArray();

    /// <summary>
    /// A word about results that differ (docs/design/verification.md): "rx/compare/v1\n" ‖ task 16 ‖ u32 part ‖ u32 classes ‖ for
    /// each class u32 attempts ‖ for each u32 part ‖ u32 attempt. The part is the one whose results they are when its owner signs, and the comparison
    /// itself when its node does.
    /// </summary>
    public static byte[] Compare(TaskId task, int part, IReadOnlyList<IReadOnlyList<ResultAttempt>> classes)
    {
        var statement = new StatementWriter("rx/compare/v1").Bytes(task.ToBytes()).U32(part).U32(classes.Count);
        foreach (var equal in classes)
        {
            statement.U32(equal.Count);
            foreach (var (number, attempt) in equal)
                statement.U32(number).U32(attempt);
        }

        return statement.ToArray();
    }

    /// <summary>An account's creation: "rx/open/v1\n" ‖ signing key 32 ‖ exchange key 32 ‖ u64 Unix milliseconds.</summary>
    public static byte[] OpenAccount(ReadOnlySpan<byte> signingKey, ReadOnlySpan<byte> exchangeKey, long unixMillis)
        => new StatementWriter("rx/open/v1").Bytes(signingKey).Bytes(exchangeKey).I64(unixMillis).ToArray();

    /// <summary>
    /// A node's enrolment: "rx/enrol/v1\n" ‖ identity key 32 ‖ SHA-256(join token secret) ‖ SHA-256(TLS public key, SPKI DER).
    /// </summary>
    public static byte[] Enrol(ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> tokenSecret, ReadOnlySpan<byte> tlsSpki)
        => EnrolDigests(identityKey, SHA256.HashData(tokenSecret), SHA256.HashData(tlsSpki));

    /// <summary><see cref="Enrol"/> from what an enrolment's event keeps: the two digests.</summary>
    public static byte[] EnrolDigests(ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> tokenSha256, ReadOnlySpan<byte> tlsSpkiSha256)
        => new StatementWriter("rx/enrol/v1").Bytes(identityKey).Bytes(tokenSha256).Bytes(tlsSpkiSha256).ToArray();
}

internal sealed class StatementWriter
{
    private readonly MemoryStream _bytes = new();

    internal StatementWriter(string domain) => Bytes(Encoding.ASCII.GetBytes(domain + "\n"));

    internal StatementWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    internal StatementWriter U32(int value)
    {
        Span<byte> b = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(b, checked((uint)value));
        return Bytes(b);
    }

    internal StatementWriter I64(long value)
    {
        Span<byte> b = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(b, value);
        return Bytes(b);
    }

    internal byte[] ToArray() => _bytes.ToArray();
}
