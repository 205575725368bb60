using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>
/// An attempt that runs no program: it compares other attempts' results within a tolerance (docs/design/verification.md). Their plaintext passes
/// through memory; nothing of it is kept or logged.
/// </summary>
internal sealed class ResultComparison(NodeServices services, AttemptId id, AssignedWork part)
{
    /// <summary>Which results are equal, and what says so to the task's owner, encrypted into <paramref name="sealing"/>.</summary>
    internal async Task<AttemptOutcome> RunAsync(GrantedKeys keys, PartEncryptStream sealing, Func<CipherBlob> finish, CancellationToken cancel)
    {
        var started = services.Time.GetTimestamp();
        List<ComparedResult> results = [];
        try
        {
            long bytes = 0;
            for (var i = 0; i < part.Results.Count; i++)
            {
                var fetched = await services.Blobs.FetchAsync(part.Results[i].Result, cancel).ConfigureAwait(false);
                if (fetched.Fault is { } missing)
                    return new AttemptOutcome(missing, null, default, null);
                var attempt = new AttemptId(id.Task, checked((int)part.Results[i].Part), checked((int)part.Results[i].Number));
                results.Add(new ComparedResult(attempt, fetched.Value.OpenRead(), keys.Results[i]));
                await results[i].ReadAsync(cancel).ConfigureAwait(false);
                bytes += fetched.Value.Reference.Size;
            }

            var classes = await ComparedResult.ClassesAsync(results, part.Tolerance!.Value, cancel).ConfigureAwait(false);
            var said = Encoding.UTF8.GetBytes(string.Concat(classes.Select(Line)));
            await WriteAsync(sealing, said, cancel).ConfigureAwait(false);
            sealing.Complete();
            var metering = new Metering((long)services.Time.GetElapsedTime(started).TotalMilliseconds, 0, 0, 0, bytes, said.Length, 0);
            return new AttemptOutcome(null, finish(), metering, null) { Compared = classes };
        }
        finally
        {
            results.ForEach(r => r.Dispose());
        }
    }

    private static string Line(IReadOnlyList<ResultAttempt> equal)
        => string.Join(", ", equal.Select(a => string.Create(CultureInfo.InvariantCulture, $"part {a.Part} attempt {a.Attempt}"))) + "\n";

    private static async Task WriteAsync(Stream into, byte[] stdout, CancellationToken cancel)
    {
        var tar = new TarWriter(into, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, PartArchive.Stdout) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = new MemoryStream(stdout) }, cancel)
                .ConfigureAwait(false);
        }
    }
}
