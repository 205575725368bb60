using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;

namespace Rxelon.Hub.Tests.Sealing;

/// <summary>A lost hub's journal, made again from what others hold and what its operator kept.</summary>
public sealed class RebuildingSpecs : IDisposable
{
    private readonly SealingWorld _world = new();
    private readonly TemporaryDirectory _new = new();

    public void Dispose()
    {
        _world.Dispose();
        _new.Dispose();
    }

    private string KeysFile => Path.Combine(_new.Path, "keys");

    [Fact]
    public void A_mirror_and_the_exported_keys_give_the_journal_back()
    {
        Publish();
        Assert.Equal(5, Rebuilding.ExportKeys(_world.Path, KeysFile));
        var rebuilt = Rebuild();
        Assert.Equal((5 * 120L, 0L), (rebuilt.Events, rebuilt.Unopened));
        Assert.Equal(Rows(_world.Path), Rows(_new.Path));
    }

    [Fact]
    public void What_has_no_key_stays_closed_and_is_counted()
    {
        Publish();
        Rebuilding.ExportKeys(_world.Path, KeysFile);
        File.WriteAllLines(KeysFile, File.ReadAllLines(KeysFile)[..^1]);
        var rebuilt = Rebuild();
        Assert.Equal((4 * 120L, 120L), (rebuilt.Events, rebuilt.Unopened));
    }

    [Fact]
    public void A_copy_that_was_altered_another_log_or_another_master_key_give_no_journal()
    {
        Publish();
        Rebuilding.ExportKeys(_world.Path, KeysFile);
        using var other = new SealingWorld();
        Refused("not by", () => Rebuilding.Rebuild(_world.LogFolder, KeysFile, other.Keys.Current.Verifier, _new.Path, SealingWorld.SealingKey, default));
        Refused("master key", () => Rebuilding.Rebuild(_world.LogFolder, KeysFile, _world.Keys.Current.Verifier, _new.Path, new byte[32], default));
        var file = Path.Combine(_world.LogFolder, "payload", "000");
        var bytes = File.ReadAllBytes(file);
        bytes[500] ^= 1;
        File.WriteAllBytes(file, bytes);
        Refused("not whole", () => Rebuild());
        File.WriteAllText(Path.Combine(_new.Path, "journal.db"), "");
        Refused("exists", () => Rebuild());
    }

    private static void Refused(string why, Func<object> rebuild)
        => Assert.Contains(why, Assert.Throws<InvalidDataException>(rebuild).Message, StringComparison.Ordinal);

    private RebuiltJournal Rebuild()
        => Rebuilding.Rebuild(_world.LogFolder, KeysFile, _world.Keys.Current.Verifier, _new.Path, SealingWorld.SealingKey, default);

    private void Publish()
    {
        using var sealer = _world.Open();
        SealerSpecs.Fill(_world, 5, 120);
        _world.Round(sealer);
    }

    private static List<string> Rows(string directory)
    {
        using var tail = new JournalTail(new SqliteFile(Path.Combine(directory, "journal.db")));
        return [.. tail.Read(0, 10_000).Select(r => $"{r.Ordering} {r.PersistenceId} {r.SequenceNr} {r.CreatedTicks} {r.Manifest} {Convert.ToHexString(r.Message)}")];
    }
}
