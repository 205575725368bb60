using Rxelon.Node.Executors;
using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Config;

/// <summary>What an operator reads at the start: what this machine can run, which limits hold, and what it offers.</summary>
internal static class NodeReport
{
    internal static async Task WriteAsync(TextWriter output, MembershipInfo info, ExecutorSet executors, OfferTerms terms)
    {
        await output.WriteLineAsync($"Node {info.Node} ({info.Name}) of {info.Operator}").ConfigureAwait(false);
        await output.WriteLineAsync($"CHS {info.HubUrl}, fingerprint {info.CaFingerprint}").ConfigureAwait(false);
        await WriteAsync(output, executors).ConfigureAwait(false);
        await output.WriteLineAsync(
            $"Offers {terms.Total.CpuMillis / 1000.0:0.###} cores, {ByteSize.Format(terms.Total.Memory)} memory, {terms.Slots} slots"
            + $" at {new Tokens(terms.AskMicrosPerCoreHour)} tokens per core-hour").ConfigureAwait(false);
    }

    internal static async Task WriteAsync(TextWriter output, ExecutorSet executors)
    {
        foreach (var report in executors.Reports)
        {
            var name = report.Kind.ToString().ToLowerInvariant();
            await output.WriteLineAsync(report.Available ? $"{name}: {report.Runtime}" : $"{name}: not here. {report.Missing}").ConfigureAwait(false);
            if (report.Pool is { } pool)
            {
                await output.WriteLineAsync($"  pool: {pool.Devices} devices, {ByteSize.Format(pool.MemoryFree)} of {ByteSize.Format(pool.MemoryTotal)} free").ConfigureAwait(false);
                foreach (var model in pool.Models)
                    await output.WriteLineAsync($"  model: {model.Name}{(model.IsLoaded ? " (loaded)" : "")}").ConfigureAwait(false);
            }

            foreach (var gpu in report.Gpus)
                await output.WriteLineAsync($"  GPU: {gpu.Vendor} {gpu.Model}, {(gpu.Memory > 0 ? ByteSize.Format(gpu.Memory) : "memory unknown")}").ConfigureAwait(false);
            foreach (var limit in report.Limits)
                await output.WriteLineAsync($"  holds: {limit}").ConfigureAwait(false);
            foreach (var warning in report.Warnings)
                await output.WriteLineAsync($"  warning: {warning}").ConfigureAwait(false);
            _ = report.Later?.ContinueWith(
                async later =>
                {
                    foreach (var notice in later.Result)
                        await output.WriteLineAsync(notice).ConfigureAwait(false);
                },
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }

        if (executors.Leftovers > 0)
            await output.WriteLineAsync($"Destroyed {executors.Leftovers} sandboxes of an earlier process.").ConfigureAwait(false);
    }
}
