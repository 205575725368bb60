using System.Text.Json.Serialization;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Submission;

/// <summary>
/// A part whose ciphertext is made again when it is sent: which files it comes from, and the seals of the first encryption. Stored beside
/// the signed order; not secret.
/// </summary>
/// <param name="Part">The part's number.</param>
/// <param name="Size">Bytes of ciphertext.</param>
/// <param name="Suite">The cipher suite.</param>
/// <param name="Files">Where the plaintext comes from.</param>
/// <param name="Seals">As <see cref="PartSeals"/> has them.</param>
internal sealed record RepeatedPart(int Part, long Size, CipherSuite Suite, FilePart Files, byte[] Seals)
{
    /// <summary>Parts with less content are kept as ciphertext.</summary>
    internal const long Least = 1 << 20;

    internal const string Extension = ".again";

    /// <summary>The ciphertext, encrypted while it is read. The key is copied.</summary>
    internal RepeatedCiphertext Open(TaskId task, ReadOnlySpan<byte> taskKey)
        => new(this, PartContext.Input(task, Part), KeySchedule.Input(taskKey, Part));
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(RepeatedPart))]
internal sealed partial class SubmissionJson : JsonSerializerContext;
