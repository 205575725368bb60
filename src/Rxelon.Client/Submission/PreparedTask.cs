using Rxelon.Client.Profiles;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// A task that is split and encrypted but not yet sent. Holds ciphertext and sealed keys only; the task key itself is gone.
/// </summary>
public sealed record PreparedTask(
    TaskId Task, TaskSpec Spec, IReadOnlyList<BlobRef> Parts, BlobRef Program, byte[]? VaultKey, byte[] OwnerKey, string Folder)
{
    /// <summary>Bytes of ciphertext to upload.</summary>
    public long TotalBytes
        => Parts.Sum(p => p.Size) + Program.Size + (Spec.ImageBlob?.Size ?? 0) + (Spec.Stages?.Sum(s => s.Program?.Size ?? 0) ?? 0);

    /// <summary>The order at the quoted price, signed by its owner.</summary>
    public SubmitRequest Sign(AccountKeys owner, QuoteResponse quote) => Sign(owner, quote.Ceiling, quote.Token);

    /// <summary>
    /// The order, signed by its owner: it may cost <paramref name="budget"/> and not more. <paramref name="quote"/> is the token of
    /// a quote that the hub is to honour.
    /// </summary>
    public SubmitRequest Sign(AccountKeys owner, Tokens budget, string? quote)
    {
        var spec = Spec.ToBytes();
        var signature = owner.Signing.Sign(SignedStatements.Submit(Task, owner.Account, spec, Parts, Program, budget));
        return new SubmitRequest(
            Task, spec, [.. Parts.Select(p => new BlobInfo(p.Id, p.Size))], new BlobInfo(Program.Id, Program.Size), OwnerKey, budget, signature, quote,
            VaultKey);
    }

    /// <summary>Forgets it: nothing can be resumed afterwards.</summary>
    public void Discard()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>How far a submission is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Parts encrypted, or bytes uploaded.</param>
/// <param name="Total">Of how many; null when unknown.</param>
public readonly record struct SubmitProgress(SubmitStage Stage, long Done, long? Total);

/// <summary>What a submission is busy with.</summary>
public enum SubmitStage
{
    /// <summary>Splitting and encrypting; counted in parts.</summary>
    Encrypting,

    /// <summary>Sending ciphertext; counted in bytes.</summary>
    Uploading,
}
