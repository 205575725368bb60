using System.Security.Cryptography;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Verification;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>
/// Takes a submission: everything that can be checked is checked before the task exists, so that a refused one leaves nothing
/// behind. Repeats are answered with the first outcome.
/// </summary>
internal sealed class Submitting(HubCalls calls, IBlobStore blobs, IVault vault, Quoting quoting, QuoteSeal seal, HubOptions options, TimeProvider time)
{
    private const int MaxWrappedKey = 4096;

    internal async Task<IResult> SubmitAsync(SubmitRequest request, Caller caller, CancellationToken cancel)
    {
        var parts = request.Parts.Select(p => new BlobRef(p.Id, p.Size)).ToList();
        var program = new BlobRef(request.Program.Id, request.Program.Size);
        if (Shape(request, parts) is var (field, malformed))
            return Answers.Problem(malformed, field);
        var statement = SignedStatements.Submit(request.Task, caller.Account, request.Spec, parts, program, request.Budget);
        if (!Signatures.Verify(caller.View.SigningKey, statement, request.Signature))
            return Answers.Problem(new Fault(FaultCodes.BadSignature, "signature is not one by the account's key over this submission.", Culprit.Input), "signature");
        var parsed = TaskSpec.Parse(request.Spec);
        if (parsed.Fault is { } unreadable)
            return Answers.Problem(unreadable, "spec");
        if (SpecRules.Check(parsed.Value, options) is var (place, wrong))
            return Answers.Problem(wrong, place);
        if (VaultKey(request, parsed.Value.Privacy.Custody) is { } misplaced)
            return Answers.Problem(misplaced, "vaultKey");

        if (parsed.Value.Stages?.FirstOrDefault(s => s.Program is not { Size: > 0 }) is { } bare)
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"Stage '{bare.Name}' names no program.", Culprit.Input), "spec.stages");
        List<BlobRef> programs = [program, .. parsed.Value.Stages?.Select(s => new BlobRef(s.Program!.Id, s.Program.Size)) ?? []];

        // A repeat whose first answer was lost must not fail because prices, balances or blobs have changed since.
        var isRepeat = await calls.AskAsync(new GetTask(request.Task, caller.Account, time.GetUtcNow()), cancel) is TaskView;
        if (!isRepeat)
        {
            if (request.VaultKey is { } vaultKey && vault.Check(request.Task, vaultKey).Fault is { } keyFault)
                return Answers.Problem(keyFault, "vaultKey");
            IReadOnlyList<BlobRef> image = parsed.Value.ImageBlob is { } shipped ? [shipped.ToReference()] : [];
            if (await MissingAsync(caller.Account, [.. parts, .. programs, .. image], cancel) is { } missing)
                return Answers.Problem(missing);
        }

        var estimate = await quoting.EstimateAsync(
            parsed.Value, parts.Count, seal.Open(request.Quote, caller.Account, parts.Count), cancel);
        if (estimate.Fault is { } uncountable)
            return Answers.Problem(uncountable);
        var hold = Quoting.HoldFor(estimate.Value, parsed.Value, request.Budget);
        if (!isRepeat && (hold.Fault ?? await PoorAsync(caller.Account, hold.Value, cancel)) is { } unaffordable)
            return Answers.Problem(unaffordable, "budget");

        var submission = new Submission(
            caller.Account, request.Spec, parts, program, request.VaultKey ?? [], request.OwnerKey, request.Budget, caller.View.SigningKey, request.Signature);
        var reply = await calls.AskAsync(
            new SubmitTask(request.Task, submission, estimate.Value.Terms, hold.IsOk ? hold.Value : Tokens.Zero, time.GetUtcNow()) { CheckSeed = SeedFor(parsed.Value) },
            cancel);
        return reply is TaskRefused refused
            ? Answers.Problem(refused.Fault)
            : await AnswerAsync(request.Task, caller.Account, isRepeat, cancel);
    }

    // Nobody can foresee which parts are checked; the journal keeps the seed, so that the draws can be repeated.
    private static byte[] SeedFor(TaskSpec spec)
        => spec.Verify is { Policy: not VerifyPolicy.None } ? RandomNumberGenerator.GetBytes(CheckDraw.SeedSize) : [];

    private async Task<IResult> AnswerAsync(TaskId task, AccountId owner, bool isRepeat, CancellationToken cancel)
        => await calls.AskAsync(new GetTask(task, owner, time.GetUtcNow()), cancel) switch
        {
            TaskView view => Answers.Json(
                new SubmitResponse(task, view.Phase.ToString(), view.Hold), isRepeat ? StatusCodes.Status200OK : StatusCodes.Status201Created),
            TaskRefused refused => Answers.Problem(refused.Fault),
            var other => throw new InvalidOperationException($"A task answered {other.GetType().Name}."),
        };

    private (string Field, Fault Fault)? Shape(SubmitRequest request, List<BlobRef> parts)
    {
        if (request.Task.IsUnset)
            return Malformed("task", "task is the id that the client chose.");
        if (parts.Count is 0 or > SpecRules.MaxParts)
            return Malformed("parts", $"A task has 1 to {SpecRules.MaxParts} parts, not {parts.Count}.");
        if (request.Budget <= Tokens.Zero)
            return Malformed("budget", "budget is the most that the task may cost, in micro-tokens, above zero.");
        if (request.OwnerKey.Length is 0 or > MaxWrappedKey)
            return Malformed("ownerKey", "ownerKey is the task key sealed to the account's own key.");
        foreach (var blob in parts)
        {
            if (blob.Id.IsUnset || blob.Size < 1)
                return Malformed("parts", "Each part is a blob's id and its size.");
            if (blob.Size > options.MaxPartBytes)
                return ("parts", new Fault(FaultCodes.TooLarge, $"A part has {blob.Size} bytes; {options.MaxPartBytes} is the most.", Culprit.Input));
        }

        return null;
    }

    private static Fault? VaultKey(SubmitRequest request, Custody custody)
        => custody == Custody.Managed
            ? request.VaultKey?.Length is null or 0 or > MaxWrappedKey
                ? new Fault(FaultCodes.Malformed, "vaultKey is the task key sealed to the hub's vault.", Culprit.Input)
                : null
            : request.VaultKey is null
                ? null
                : new Fault(FaultCodes.Malformed, "Under sealed custody this hub must not have the task key: leave vaultKey out.", Culprit.Input);

    private async Task<Fault?> MissingAsync(AccountId owner, IReadOnlyCollection<BlobRef> needed, CancellationToken cancel)
    {
        var owned = await blobs.OwnedAsync(owner, needed.Select(b => b.Id).Distinct().ToList(), cancel);
        foreach (var blob in needed)
        {
            if (!owned.TryGetValue(blob.Id, out var size))
                return new Fault(FaultCodes.BlobMissing, $"Blob {blob.Id} was not stored by this account; store it first.", Culprit.Input);
            if (size != blob.Size)
                return new Fault(FaultCodes.Malformed, $"Blob {blob.Id} has {size} bytes, not {blob.Size}.", Culprit.Input);
        }

        return null;
    }

    private async Task<Fault?> PoorAsync(AccountId owner, Tokens hold, CancellationToken cancel)
        => await calls.AskAsync(new GetAccount(owner, time.GetUtcNow()), cancel) is AccountView account && account.Available < hold
            ? new Fault(FaultCodes.InsufficientFunds, $"The task needs {hold} tokens set aside; the account has {account.Available}.", Culprit.Input)
            : null;

    private static (string, Fault)? Malformed(string field, string why) => (field, new Fault(FaultCodes.Malformed, why, Culprit.Input));
}
