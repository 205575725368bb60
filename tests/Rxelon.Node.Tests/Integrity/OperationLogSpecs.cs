using Rxelon.Node.Integrity;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Tests.Integrity;

public sealed class OperationLogSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rxelon-log-").FullName;
    private readonly SigningKeyPair _identity = SigningKeyPair.Generate();

    private NodeId Node => NodeId.OfIdentityKey(_identity.PublicKey);

    private string Path => System.IO.Path.Combine(_directory, "operations.log");

    [Fact]
    public void What_was_written_is_shipped_under_a_head_that_anybody_can_check_and_goes_on_after_a_restart()
    {
        using (var log = Open())
        {
            log.Add(OperationKind.Started, "1.0");
            log.Add(OperationKind.PartEnded, "t/0/1", "ok");
            Assert.Null(log.Batch(0)); // nothing is signed yet
            log.SignHead();
            log.Add(OperationKind.Stopped);
        }

        using var again = Open();
        Assert.Equal((3UL, 0UL), (again.Count, again.BrokenAt));
        var (first, records, head) = again.Batch(0)!.Value;
        Assert.Equal((1UL, 2, 2UL), (first, records.Count, head.Count));
        Assert.Equal(head.Hash, records.Aggregate(OperationChain.Start(Node), (h, r) => OperationChain.Next(h, r)));
        Assert.True(Signatures.Verify(_identity.PublicKey, IntegrityStatements.Log(Node, 2, head.Hash, head.UnixMillis), head.Signature));
        again.SignHead();
        Assert.Equal(OperationKind.Stopped, OperationRecord.Decode(again.Batch(2)!.Value.Records.Single())!.Kind);
        Assert.Null(again.Batch(3));
    }

    [Fact]
    public void More_than_the_hub_takes_at_a_time_goes_in_pieces_each_under_a_head_of_its_own()
    {
        using (var log = Open())
        {
            for (var i = 0; i < 3_000; i++)
                log.Add(OperationKind.PartEnded, $"t/{i}/1", "ok");
            Assert.Equal(3_000UL, log.SignHead()!.Count);
            log.Add(OperationKind.Stopped);
        }

        using var again = Open();
        var (count, hash, pieces) = (0UL, OperationChain.Start(Node), 0);
        while (again.Batch(count) is var (first, records, head))
        {
            Assert.Equal(count + 1, first);
            Assert.InRange(records.Count, 1, 256);
            hash = records.Aggregate(hash, (h, r) => OperationChain.Next(h, r));
            Assert.Equal(first + (ulong)records.Count - 1, head.Count);
            Assert.Equal(hash, head.Hash);
            Assert.True(Signatures.Verify(_identity.PublicKey, IntegrityStatements.Log(Node, head.Count, hash, head.UnixMillis), head.Signature));
            (count, pieces) = (head.Count, pieces + 1);
        }

        Assert.Equal((3_000UL, 12), (count, pieces)); // what is not under a synced head stays
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(60)]
    public void A_write_that_was_torn_is_cut_off_and_is_no_break(int missing)
    {
        using (var log = Open())
        {
            log.Add(OperationKind.Started, "1.0");
            log.SignHead();
            log.Add(OperationKind.PartAssigned, "a part whose record is cut off somewhere");
        }

        var bytes = File.ReadAllBytes(Path);
        File.WriteAllBytes(Path, bytes[..^missing]);
        using var again = Open();
        Assert.Equal((1UL, 0UL), (again.Count, again.BrokenAt));
        again.Add(OperationKind.Started, "1.0");
        again.SignHead();
        Assert.Equal(2, again.Batch(0)!.Value.Records.Count);
    }

    [Fact]
    public void An_altered_line_is_named_at_the_next_start_and_still_at_the_one_after_and_the_file_is_kept()
    {
        var at = 0L;
        using (var log = Open())
        {
            for (var i = 0; i < 10; i++)
                log.Add(OperationKind.PartEnded, $"t/{i}/1", "ok");
            log.SignHead();
        }

        at = OperationFile.Parse(File.ReadAllBytes(Path), OperationChain.Start(Node)).Records[4].At;
        var bytes = File.ReadAllBytes(Path);
        bytes[at + 15] ^= 1;
        File.WriteAllBytes(Path, bytes);
        Open().Dispose();
        using var again = Open();
        Assert.Equal(5UL, again.BrokenAt);
        Assert.Equal(bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_directory, "*.broken-*"))));

        again.Add(OperationKind.Started);
        again.SignHead();
        again.Accepted(again.Count);
        Assert.Equal(0UL, again.BrokenAt);
        again.Add(OperationKind.SessionOpened);
        again.SignHead();
        Assert.Equal(again.Count, again.Batch(again.Count - 1)!.Value.Head.Count);
    }

    [Fact]
    public void An_altered_line_is_found_while_the_log_is_open()
    {
        using var log = Open();
        for (var i = 0; i < 5; i++)
            log.Add(OperationKind.PartEnded, $"t/{i}/1", "ok");
        log.SignHead();
        Assert.Equal(0UL, log.Position(5).BrokenAt);
        using (var file = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Seek(20, SeekOrigin.Begin);
            file.WriteByte(0xFF);
        }

        Assert.Equal(1UL, log.Position(5).BrokenAt);
    }

    [Fact]
    public async Task A_full_disk_breaks_nothing_and_what_happened_meanwhile_is_written_once_there_is_room()
    {
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _directory);
        try
        {
            using (var log = Open())
            {
                log.Add(OperationKind.Started, "1.0");
                log.SignHead();
                var filler = System.IO.Path.Combine(_directory, "filler");
                Assert.Throws<IOException>(() => File.WriteAllBytes(filler, new byte[1 << 20]));
                for (var i = 0; i < 200; i++)
                    log.Add(OperationKind.PartEnded, $"t/{i}/1", "storage-full");
                Assert.NotNull(log.Trouble);
                Assert.InRange(log.SignHead()!.Count, 1UL, 200UL);

                // The process may die here: what reached the disk holds.
                Assert.Equal(0UL, OperationFile.Parse(File.ReadAllBytes(Path), OperationChain.Start(Node)).BrokenAt);
                Assert.Equal(0UL, log.Position(1).BrokenAt);

                File.Delete(filler);
                log.Add(OperationKind.Stopped);
                log.SignHead();
                Assert.Null(log.Trouble);
            }

            using var again = Open();
            Assert.Equal((202UL, 0UL), (again.Count, again.BrokenAt));
        }
        finally
        {
            await RunAsync("umount", _directory);
        }
    }

    [Fact]
    public void Texts_that_are_too_long_are_cut_and_records_read_back_as_they_went()
    {
        var record = new OperationRecord(5, OperationKind.ImageAdded, new string('x', 300), "n");
        Assert.Equal(record with { Subject = new string('x', 255) }, OperationRecord.Decode(record.Encode()));
        Assert.Null(OperationRecord.Decode([1, 2, 3]));
        Assert.Null(OperationRecord.Decode([.. record.Encode(), 0]));
    }

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = System.Diagnostics.Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private OperationLog Open() => OperationLog.Open(_directory, Node, _identity, TimeProvider.System);
}
