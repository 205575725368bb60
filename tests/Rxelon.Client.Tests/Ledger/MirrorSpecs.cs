using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class MirrorSpecs : IDisposable
{
    private readonly TempFolder _mine = new();
    private readonly TestLog _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _mine.Dispose();
    }

    [Fact]
    public async Task A_mirror_has_every_file_of_the_log_and_can_be_mirrored_itself()
    {
        _log.Publish(700);

        await RoundAsync();

        foreach (var file in Files(_log.Folder))
            Assert.Equal(_log.Read(file), File.ReadAllBytes(_mine[file]));
        using var again = new TempFolder();
        using var mirror = LogMirror.Open(again.Path, new LogReader(new FolderLogSource(_mine.Path)), _log.Policy, TimeProvider.System).Value;
        Assert.Equal(_log.Published, (await mirror.RoundAsync()).Value.Checkpoint);
    }

    [Fact]
    public async Task Rounds_fetch_what_is_new_and_partial_files_give_way_to_full_ones()
    {
        _log.Publish(200);
        await RoundAsync();
        Assert.True(File.Exists(_mine[$"tile/0/000.p/{_log.Size}"]));
        _log.Publish(400);
        await RoundAsync();

        Assert.False(Directory.Exists(_mine["tile/0/000.p"]));
        Assert.False(Directory.Exists(_mine["tile/entries/000.p"]));
        Assert.False(Directory.Exists(_mine["payload/000.p"]));
        Assert.Equal(_log.Read("tile/0/000"), File.ReadAllBytes(_mine["tile/0/000"]));
        Assert.Equal(0, (await RoundAsync()).Value.Files);
    }

    [Fact]
    public async Task A_partial_file_that_is_gone_is_read_from_the_full_one()
    {
        var early = _log.Publish(100).Note;
        var size = _log.Size;
        _log.Publish(400);
        foreach (var path in (string[])[$"tile/0/000.p/{size}", $"tile/entries/000.p/{size}", $"payload/000.p/{size}"])
            _log.Remove(path);
        _log.Write(LogReader.CheckpointPath, early.ToBytes());

        Assert.Equal(size, (await RoundAsync()).Value.Checkpoint.Size);

        Assert.Equal((int)size * 32, File.ReadAllBytes(_mine[$"tile/0/000.p/{size}"]).Length);
    }

    [Fact]
    public async Task An_altered_entry_is_refused_by_its_index_and_the_checkpoint_stays()
    {
        _log.Publish(300);
        await RoundAsync();
        var before = File.ReadAllBytes(_mine[LogReader.CheckpointPath]);
        _log.Publish(300);
        _log.Spoil("tile/entries/001");

        var fault = (await RoundAsync()).Fault!;

        Assert.Equal(FaultCodes.HashMismatch, fault.Code);
        Assert.Contains("Entry 511 ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_mine[LogReader.CheckpointPath]));
    }

    [Fact]
    public async Task An_altered_tile_is_refused()
    {
        _log.Publish(600).Spoil("tile/0/001");
        Assert.Equal(FaultCodes.ProofFailed, (await RoundAsync()).Fault?.Code);
        Assert.False(File.Exists(_mine[LogReader.CheckpointPath]));
    }

    [Fact]
    public async Task An_altered_payload_is_refused_by_its_index()
    {
        _log.Publish(600);
        var payloads = PayloadBundle.Read(_log.Read("payload/001"), Tile.FullWidth).Value.ToArray();
        var victim = Array.FindIndex(payloads, 100, p => p.Length > 0);
        payloads[victim] = [1, 2, 3];
        _log.Write("payload/001", TestLog.PayloadBytes(payloads));

        var fault = (await RoundAsync()).Fault!;

        Assert.Equal(FaultCodes.HashMismatch, fault.Code);
        Assert.Contains($"The payload of entry {Tile.FullWidth + victim} ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_where_its_entry_has_none_is_refused()
    {
        _log.Publish(100);
        var path = Tile.Holding(0, 0, _log.Size).PayloadPath;
        var payloads = PayloadBundle.Read(_log.Read(path), (int)_log.Size).Value.ToArray();
        payloads[0] = [1];
        _log.Write(path, TestLog.PayloadBytes(payloads));
        Assert.Equal(FaultCodes.HashMismatch, (await RoundAsync()).Fault?.Code);
    }

    [Fact]
    public async Task Whatever_was_on_disk_when_a_round_was_cut_the_next_one_makes_it_whole()
    {
        _log.Publish(300);
        await RoundAsync();
        var before = Copy();
        _log.Publish(500);
        await RoundAsync();
        var whole = Files(_log.Folder).Where(f => !f.Contains(".p/", StringComparison.Ordinal)).ToList();
        var fresh = Files(_mine.Path).Where(f => !before.ContainsKey(f) && LogMirror.Serves(f)).ToList();

        // A killed round leaves the old checkpoint, some of the new files, and unfinished ones beside them.
        foreach (var lost in fresh)
        {
            File.WriteAllBytes(_mine[LogReader.CheckpointPath], before[LogReader.CheckpointPath]);
            File.WriteAllBytes(_mine[lost + ".new"], [1, 2, 3]);
            File.WriteAllBytes(_mine[lost], File.ReadAllBytes(_mine[lost])[..^1]);
            Assert.True((await RoundAsync()).IsOk);
            foreach (var file in whole)
                Assert.Equal(_log.Read(file), File.ReadAllBytes(_mine[file]));
            File.Delete(_mine[lost]);
            File.WriteAllBytes(_mine[LogReader.CheckpointPath], before[LogReader.CheckpointPath]);
            Assert.True((await RoundAsync()).IsOk);
            Assert.True(File.Exists(_mine[lost]));
        }
    }

    [Fact]
    public async Task A_check_of_everything_repairs_old_files()
    {
        _log.Publish(600);
        await RoundAsync();
        File.WriteAllBytes(_mine["tile/entries/000"], [0]);
        File.Delete(_mine["payload/001"]);
        File.Delete(_mine["tile/1/000.p/2"]);

        Assert.Equal(0, (await RoundAsync()).Value.Files);
        Assert.Equal(3, (await RoundAsync(checkAll: true)).Value.Files);

        Assert.Equal(_log.Read("tile/entries/000"), File.ReadAllBytes(_mine["tile/entries/000"]));
    }

    [Fact]
    public async Task A_mirror_does_not_follow_into_a_fork()
    {
        _log.Publish(300);
        await RoundAsync();
        using var fork = _log.Fork(200, 400);

        Assert.Equal(FaultCodes.LedgerFork, (await RoundAsync(fork)).Fault?.Code);

        Assert.Equal(_log.Note.ToBytes(), File.ReadAllBytes(_mine[LogReader.CheckpointPath]));
        Assert.Single(Directory.GetDirectories(_mine["follow/evidence"]));
    }

    [Fact]
    public void Two_mirrors_in_one_folder_are_refused()
    {
        using var one = LogMirror.Open(_mine.Path, _log.Reader, _log.Policy, TimeProvider.System).Value;
        Assert.Equal(FaultCodes.Conflict, LogMirror.Open(_mine.Path, _log.Reader, _log.Policy, TimeProvider.System).Fault?.Code);
    }

    [Theory]
    [InlineData("checkpoint", true)]
    [InlineData("tile/0/x001/234", true)]
    [InlineData("tile/entries/000.p/7", true)]
    [InlineData("payload/000.p/7", true)]
    [InlineData("follow/keys", false)]
    [InlineData("lock", false)]
    [InlineData("tile/0/000.new", false)]
    [InlineData("payload/../lock", false)]
    [InlineData("", false)]
    public void Only_the_logs_own_files_are_shown(string path, bool shown) => Assert.Equal(shown, LogMirror.Serves(path));

    private async Task<Outcome<MirrorRound>> RoundAsync(TestLog? log = null, bool checkAll = false)
    {
        using var mirror = LogMirror.Open(_mine.Path, (log ?? _log).Reader, _log.Policy, TimeProvider.System, checkAll).Value;
        return await mirror.RoundAsync();
    }

    private Dictionary<string, byte[]> Copy() => Files(_mine.Path).ToDictionary(f => f, f => File.ReadAllBytes(_mine[f]));

    private static IEnumerable<string> Files(string folder)
        => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f));
}
