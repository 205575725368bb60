using System.Text.Json;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Results;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// Signed submissions that the hub has not confirmed, so that a killed client can go on: a folder per task with the ciphertext
/// and <c>submit.json</c>, the request itself. Without that file the preparation was not finished and the folder is worthless.
/// </summary>
public sealed class SubmissionJournal(string directory)
{
    private const string RequestFile = "submit.json";

    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>Removes what preparations that never were signed left behind, once it is a day old.</summary>
    public void Sweep(TimeProvider time)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var folder in new DirectoryInfo(directory).EnumerateDirectories())
        {
            if (!File.Exists(Path.Combine(folder.FullName, RequestFile)) && time.GetUtcNow() - folder.LastWriteTimeUtc > Abandoned)
                folder.Delete(recursive: true);
        }
    }

    /// <summary>Signed tasks that are still here.</summary>
    public IReadOnlyList<TaskId> Pending()
        => !Directory.Exists(directory) ? [] :
        [
            .. Directory.EnumerateDirectories(directory)
                .Where(folder => File.Exists(Path.Combine(folder, RequestFile)))
                .Select(folder => TaskId.TryParse(Path.GetFileName(folder), out var task) ? task : default)
                .Where(task => !task.IsUnset),
        ];

    /// <summary>
    /// Uploads, submits and forgets. After a network fault everything stays, and <see cref="ResumeAsync"/> goes on; a refusal
    /// by the hub is final, unless <paramref name="keep"/>: then the caller signs again or discards. Large inputs are encrypted again while
    /// they are sent, for which <paramref name="owner"/> opens the task's key; fault input-changed, final, when they changed.
    /// </summary>
    public async Task<Outcome<SubmitResponse>> SendAsync(
        HubClient hub, AccountKeys owner, PreparedTask task, SubmitRequest request, IProgress<SubmitProgress>? progress = null, bool keep = false,
        CancellationToken ct = default)
    {
        ProfileStore.WritePrivate(
            Path.Combine(task.Folder, RequestFile), JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.SubmitRequest));
        return await ContinueAsync(hub, owner, request, task.Folder, progress, keep, ct).ConfigureAwait(false);
    }

    /// <summary>Goes on with an earlier submission; not-found when it is not here.</summary>
    public async Task<Outcome<SubmitResponse>> ResumeAsync(
        HubClient hub, AccountKeys owner, TaskId task, IProgress<SubmitProgress>? progress = null, CancellationToken ct = default)
    {
        var folder = Path.Combine(directory, task.ToString());
        var path = Path.Combine(folder, RequestFile);
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"No unfinished submission of {task} is on this machine.", Culprit.Input);
        var request = HubConnection.ReadJson<SubmitRequest>(await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false));
        return request.Fault is { } fault ? fault : await ContinueAsync(hub, owner, request.Value, folder, progress, false, ct).ConfigureAwait(false);
    }

    private static async Task<Outcome<SubmitResponse>> ContinueAsync(
        HubClient hub, AccountKeys owner, SubmitRequest request, string folder, IProgress<SubmitProgress>? progress, bool keep, CancellationToken ct)
    {
        var stages = TaskSpec.Parse(request.Spec) is { IsOk: true, Value.Stages: { } named } ? named.Sum(s => s.Program?.Size ?? 0) : 0;
        var total = request.Parts.Sum(p => p.Size) + request.Program.Size + stages;
        long sent = 0;
        Fault? failed;
        using (var store = CiphertextStore.Open(folder))
        {
            failed = await store.UploadAsync(hub.Blobs, request.Task, () => TaskKeyRecovery.Open(request.Task, request.OwnerKey, owner), more =>
            {
                sent += more;
                progress?.Report(new SubmitProgress(SubmitStage.Uploading, sent, total));
            }, ct).ConfigureAwait(false);
        }

        Outcome<SubmitResponse> answer = failed is null
            ? await hub.SubmitAsync(request, ct).ConfigureAwait(false)
            : failed;
        if (answer.IsOk || !(keep || answer.Fault!.Retryable))
            Directory.Delete(folder, recursive: true);
        return answer;
    }
}
