using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Rxelon.Hub.Sealing;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Config;

/// <summary><c>rxelon-hub ledger …</c>: what an auditor and a recovering operator do beside the hub. Exit codes: 0 all is well, 1 something differs, 78 unusable.</summary>
internal static class LedgerCommand
{
    private const int Differs = 1;

    internal static Command Build() => new("ledger", "Checks the ledger on this disk, and begins a successor.") { Audit(), Fsck(), Succeed(), ExportKeys(), Rebuild() };

    private static Command Audit()
    {
        var data = Data();
        var kept = new Option<string[]>("--checkpoint")
        {
            Description = "A checkpoint that somebody kept, to be compared with the recomputed log; may be repeated.",
            DefaultValueFactory = _ => [],
        };
        var command = new Command("audit", "Recomputes every entry and root from the journal and names the first row that differs. The hub may run.") { data, kept };
        command.SetAction((parsed, cancel) => HubCommand.GuardAsync(async () =>
        {
            var directory = Path.GetFullPath(parsed.GetValue(data)!);
            var notes = (parsed.GetValue(kept) ?? []).Select(ReadNote).ToList();
            var key = MasterKey.Derive(directory, HubCommand.MasterKeyFromEnvironment, SealingServices.KeyPurpose);
            try
            {
                return await ReportAsync(new LedgerAudit(directory, key).Run(notes, cancel));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }
        }));
        return command;
    }

    private static Command Fsck()
    {
        var folder = new Argument<string>("folder") { Description = "The log's public files: DATA/ledger of a hub, or a mirror's folder." };
        var command = new Command("fsck", "Checks a log's public files against its checkpoint, without journal and keys.") { folder };
        command.SetAction((parsed, cancel) => HubCommand.GuardAsync(async () =>
        {
            var (findings, entries) = LedgerFsck.Run(Path.GetFullPath(parsed.GetValue(folder)!), cancel);
            await WriteAsync(findings);
            Console.WriteLine(findings.Count == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{entries} entries: every file fits the checkpoint.")
                : string.Create(CultureInfo.InvariantCulture, $"{findings.Count} differences in {entries} entries."));
            return findings.Count == 0 ? 0 : Differs;
        }));
        return command;
    }

    private static Command Succeed()
    {
        var data = Data();
        var checkpoint = new Option<string>("--checkpoint") { Description = "The old log's last cosigned checkpoint, from a witness or mirror.", Required = true };
        var key = new Option<string>("--old-key") { Description = "The old log's key (vkey).", Required = true };
        var origin = new Option<string?>("--origin") { Description = "The new log's name; otherwise the old one with a number." };
        var command = new Command("succeed", "Ends a log that cannot be continued and begins its successor. The hub is stopped; see docs/runbooks/ledger.md.")
        {
            data, checkpoint, key, origin,
        };
        command.SetAction((parsed, cancel) => HubCommand.GuardAsync(() =>
        {
            var oldKey = NoteKey.Parse(parsed.GetValue(key)!);
            if (oldKey.Fault is { } fault)
                throw new InvalidDataException($"--old-key: {fault.Message}");
            using var directory = DataDirectory.Open(Path.GetFullPath(parsed.GetValue(data)!));
            var path = Path.GetFullPath(parsed.GetValue(data)!);
            FileVault.Open(path, HubCommand.MasterKeyFromEnvironment).Dispose(); // a new hub's directory gets its master key
            var sealing = MasterKey.Derive(path, HubCommand.MasterKeyFromEnvironment, SealingServices.KeyPurpose);
            var (vkey, aside) = Succession.Begin(path, sealing, parsed.GetValue(origin), File.ReadAllBytes(parsed.GetValue(checkpoint)!), oldKey.Value, TimeProvider.System);
            CryptographicOperations.ZeroMemory(sealing);
            if (aside is not null)
                Console.WriteLine($"The old log's files are in {aside}.");
            Console.WriteLine($"The successor's key is {vkey}");
            Console.WriteLine($"Its first block is in {Path.Combine(path, SealingServices.FolderName)}.");
            Console.WriteLine("Tell the witnesses (rxelon witness succeed FOLDER) and everybody who follows the old log; then start the hub.");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command ExportKeys()
    {
        var data = Data();
        var file = new Option<string>("--out") { Description = "The file to write, mode 0600. Keep it and the master key apart from every copy of the ledger.", Required = true };
        var command = new Command("export-keys", "Writes the keys that open mirrors' encrypted events, sealed under the master key. The hub may run.") { data, file };
        command.SetAction((parsed, _) => HubCommand.GuardAsync(() =>
        {
            var count = Rebuilding.ExportKeys(Path.GetFullPath(parsed.GetValue(data)!), Path.GetFullPath(parsed.GetValue(file)!));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} keys. Delete older exports: they open what was deleted since."));
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Rebuild()
    {
        var data = Data();
        var mirror = new Option<string>("--mirror") { Description = "The folder of a mirror of the lost hub's ledger.", Required = true };
        var keys = new Option<string>("--keys") { Description = "The newest file of export-keys.", Required = true };
        var key = new Option<string>("--log-key") { Description = "The lost log's key (vkey).", Required = true };
        var command = new Command("rebuild", "Makes a journal from a mirror and exported keys, in a data directory that has the lost hub's master key and no journal.")
        {
            data, mirror, keys, key,
        };
        command.SetAction((parsed, cancel) => HubCommand.GuardAsync(() =>
        {
            var logKey = NoteKey.Parse(parsed.GetValue(key)!);
            if (logKey.Fault is { } fault)
                throw new InvalidDataException($"--log-key: {fault.Message}");
            var path = Path.GetFullPath(parsed.GetValue(data)!);
            using var directory = DataDirectory.Open(path);
            FileVault.Open(path, HubCommand.MasterKeyFromEnvironment).Dispose();
            var sealing = MasterKey.Derive(path, HubCommand.MasterKeyFromEnvironment, SealingServices.KeyPurpose);
            var rebuilt = Rebuilding.Rebuild(Path.GetFullPath(parsed.GetValue(mirror)!), parsed.GetValue(keys)!, logKey.Value, path, sealing, cancel);
            CryptographicOperations.ZeroMemory(sealing);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rebuilt.Events} events are in the journal again; {rebuilt.Unopened} stay closed: deleted by their owners, or newer than the keys."));
            Console.WriteLine("Now begin the successor log: rxelon-hub ledger succeed.");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static async Task<int> ReportAsync(AuditResult result)
    {
        await WriteAsync(result.Findings);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Entries} entries in {result.Blocks} blocks, {result.Events} events recomputed from the journal; {result.Waiting} rows wait to be sealed."));
        if (result.Erased > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Erased} of the events were deleted by their owners: their place is checked, their content cannot be."));
        Console.WriteLine(result.Findings.Count == 0
            ? "The journal is what was sealed."
            : string.Create(CultureInfo.InvariantCulture, $"{result.Findings.Count} differences: the journal, the ledger or its files were changed afterwards."));
        return result.Findings.Count == 0 ? 0 : Differs;
    }

    private static async Task WriteAsync(List<string> findings)
    {
        const int most = 20;
        foreach (var finding in findings.Take(most))
            await Console.Out.WriteLineAsync($"DIFFERS  {finding}");
        if (findings.Count > most)
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"         and {findings.Count - most} more"));
    }

    private static SignedNote ReadNote(string file)
    {
        var note = SignedNote.Parse(File.ReadAllBytes(file));
        if (note.Fault is { } fault)
            throw new InvalidDataException($"{file}: {fault.Message}");
        return Checkpoint.Parse(note.Value.Text).Fault is { } noCheckpoint ? throw new InvalidDataException($"{file}: {noCheckpoint.Message}") : note.Value;
    }

    private static Option<string> Data() => new("--data") { Description = "The hub's data directory.", Required = true };
}
