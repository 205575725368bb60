using System.Formats.Tar;
using System.Text;
using Rxelon.Client.Archives;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Results;

public sealed class UntarSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("out/../escaped")]
    [InlineData("out/a/../../escaped")]
    [InlineData("out//etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("../escaped")]
    [InlineData("escaped")]
    [InlineData("out/")]
    [InlineData("out/a\\..\\b")]
    [InlineData("out/C:x")]
    [InlineData("out/./x")]
    [InlineData("out/a\nb")]
    public async Task A_name_that_could_leave_the_folder_is_refused(string name)
    {
        var fault = await Unpack(File(name));
        Assert.Equal(FaultCodes.UnsafeArchive, fault?.Code);
        Assert.Equal([_folder["results"]], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Links_and_devices_are_refused(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "out/link");
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            entry.LinkName = "/etc/passwd";
        Assert.Equal(FaultCodes.UnsafeArchive, (await Unpack(entry))?.Code);
    }

    [Fact]
    public async Task What_is_no_archive_is_refused()
    {
        var garbage = new byte[2048];
        Array.Fill(garbage, (byte)'x');
        using var folder = new ResultFolder(_folder["results"]);
        var fault = await ResultReader.ReadAsync(new MemoryStream(garbage), folder.Open(0), default);
        Assert.Equal(FaultCodes.UnsafeArchive, fault?.Code);
    }

    [Fact]
    public async Task Plain_files_and_folders_are_unpacked()
    {
        Assert.Null(await Unpack(new PaxTarEntry(TarEntryType.Directory, "out/"), new PaxTarEntry(TarEntryType.Directory, "out/sub/"), File("out/sub/a.txt"), File("stdout")));
        Assert.Equal("content", await System.IO.File.ReadAllTextAsync(_folder["results/sub/a.txt"]));
        Assert.Equal("content", await System.IO.File.ReadAllTextAsync(_folder["results/stdout"]));
    }

    [Fact]
    public async Task An_output_file_called_stdout_does_not_replace_the_standard_output()
    {
        Assert.Null(await Unpack(File("stdout"), File("out/stdout")));
        Assert.Equal("content", await System.IO.File.ReadAllTextAsync(_folder["results/stdout"]));
        Assert.Equal("content", await System.IO.File.ReadAllTextAsync(_folder["results/part-00000/stdout"]));
    }

    [Fact]
    public async Task A_link_that_stands_in_the_folder_is_not_followed()
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        Directory.CreateDirectory(_folder["results"]);
        Directory.CreateSymbolicLink(_folder["results/sub"], _folder["elsewhere"]);
        await Assert.ThrowsAsync<IOException>(() => Unpack(File("out/sub/a.txt")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["elsewhere"]));
    }

    private static PaxTarEntry File(string name)
        => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("content")) };

    private async Task<Fault?> Unpack(params TarEntry[] entries)
    {
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var entry in entries)
                tar.WriteEntry(entry);
        }

        archive.Position = 0;
        using var folder = new ResultFolder(_folder["results"]);
        var fault = await ResultReader.ReadAsync(archive, folder.Open(0), default);
        if (fault is null)
            await folder.FinishAsync(MergeMode.Concat);
        return fault;
    }
}
