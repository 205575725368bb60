using Rxelon.Hub.Disk;

namespace Rxelon.Hub.Tests.Sealing;

public sealed class DurableBatchSpecs
{
    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    public void Files_have_their_names_and_content_after_the_commit_and_not_before(int count)
    {
        using var directory = new TemporaryDirectory();
        using var batch = new DurableBatch();
        for (var round = 1; round <= 2; round++)
        {
            var paths = Enumerable.Range(0, count).Select(i => Path.Combine(directory.Path, $"x{i % 5}/{round}/{i}")).ToList();
            foreach (var path in paths)
                batch.Write(path, [(byte)round]);
            batch.Write(paths[0], [7, (byte)round]); // the last one counts
            Assert.DoesNotContain(paths, File.Exists);
            batch.Commit();
            Assert.Equal([7, (byte)round], File.ReadAllBytes(paths[0]));
            Assert.All(paths.Skip(1), path => Assert.Equal([(byte)round], File.ReadAllBytes(path)));
            Assert.Empty(Directory.EnumerateFiles(directory.Path, "*" + DurableFile.Unfinished, SearchOption.AllDirectories));
        }
    }

    [Fact]
    public void A_file_that_is_replaced_stays_until_the_commit()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "file");
        File.WriteAllText(path, "old and longer");
        using (var abandoned = new DurableBatch())
            abandoned.Write(path, "new"u8);
        Assert.Equal("old and longer", File.ReadAllText(path));
        using var batch = new DurableBatch();
        batch.Write(path, "new"u8);
        batch.Commit();
        Assert.Equal("new", File.ReadAllText(path));
    }
}
