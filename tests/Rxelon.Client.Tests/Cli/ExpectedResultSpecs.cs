using System.Formats.Tar;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Verification;

namespace Rxelon.Client.Tests.Cli;

/// <summary>Canaries: what the hub is told of a result that the owner knows, and that it is what a node will answer.</summary>
public sealed class ExpectedResultSpecs : SignedUp
{
    [Fact]
    public async Task A_file_a_folder_and_a_tar_say_what_a_node_answers_for_the_same_result()
    {
        Hub.Node.Program = process =>
        {
            process.Stdout.Write("same"u8);
            process.Stderr = $"at {Guid.NewGuid()}";
            if (process.Part > 0)
                process.Out["deep/a.txt"] = "file"u8.ToArray();
        };
        Folder.Write("stdout.txt", "same");
        Folder.Write("known/stdout", "same");
        Folder.Write("known/stderr", "never compared");
        Folder.Write("known/manifest.json", "not of the result");
        Folder.Write("known/out/deep/a.txt", "file");
        WriteTar(Path.Combine(Folder.Path, "known.tar"));

        Assert.True(await SubmitAsync("{ 0: ./stdout.txt, 1: ./known, 2: ./known.tar }", 4) == 0, Cli.Error);

        var task = Assert.Single(Hub.Tasks.Values);
        Assert.Equal([0, 1, 2], task.Spec.Verify!.Expected!.Keys.Order());
        SealedKey.TryRead(task.Request.VaultKey!, out var vaulted);
        var key = KeyWrap.Unwrap(vaulted!, Hub.Vault, KeyWrapContext.TaskVault(task.Request.Task)).Value;
        foreach (var (part, answer) in task.Spec.Verify.Expected)
        {
            var result = PartCipher.Open(
                Hub.Blobs[task.Parts[part].Result!.Value.Id], KeySchedule.Result(key, part, 1), PartContext.Result(task.Request.Task, part, 1)).Value;
            var digest = await ContentDigest.OfAsync(new MemoryStream(result), null, CancellationToken.None);
            Assert.Equal(Answer.Of(KeySchedule.Verify(key, part), digest).ToString(), answer);
            Assert.NotEqual(Convert.ToHexStringLower(digest), answer);
        }

        Assert.Equal(3, task.Spec.Verify.Expected.Values.Distinct().Count());
    }

    [Theory]
    [InlineData("{ 0: ./none }", "none")]
    [InlineData("{ 4: ./stdout.txt }", "part 4")]
    [InlineData("{ 0: ./broken.tar }", "broken.tar")]
    public async Task An_expectation_that_cannot_be_read_is_named_before_anything_is_sent(string expected, string named)
    {
        Folder.Write("stdout.txt", "same");
        Folder.Write("broken.tar", new string('x', 2_000));
        Assert.NotEqual(0, await SubmitAsync(expected, 4));
        Assert.Contains(named, Cli.Error, StringComparison.Ordinal);
        Assert.Empty(Hub.Blobs);
    }

    private Task<int> SubmitAsync(string expected, int parts)
    {
        Folder.Write("task.yaml", $"run: {{ wasm: {{ module: ./program.wasm }} }}\nsplit: {{ by: count, size: {parts} }}\nmerge: none\nverify: {{ policy: canary, expected: {expected} }}\n");
        return Cli.RunAsync("submit", "-f", Path.Combine(Folder.Path, "task.yaml"), "--out", Path.Combine(Folder.Path, "out"));
    }

    private static void WriteTar(string path)
    {
        using var tar = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        foreach (var (name, text) in ((string, string)[])[("out/deep/a.txt", "file"), ("stdout", "same"), ("stderr", "x")])
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
    }
}
