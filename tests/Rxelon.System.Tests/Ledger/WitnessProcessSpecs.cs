using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;

namespace Rxelon.System.Tests.Ledger;

/// <summary>A witness as its operator runs it.</summary>
public sealed class WitnessProcessSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-witness-").FullName;
    private readonly TestLog _log = new();
    private readonly HttpClient _http = new();

    private string State => Path.Combine(_folder, "state");

    public void Dispose()
    {
        _http.Dispose();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_witness_that_was_killed_still_knows_what_it_cosigned()
    {
        var key = await InitAsync();
        _log.Publish(10);
        await using (var witness = await StartAsync())
        {
            using var answer = await PostAsync(witness, 0);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var note = SignedNote.Parse(Encoding.UTF8.GetBytes(_log.Note + await answer.Content.ReadAsStringAsync())).Value;
            Assert.NotNull(Cosignature.Verify(note, key));
            await witness.KillAsync();
        }

        var size = _log.Size;
        _log.Publish(10);
        await using var again = await StartAsync();
        using var forgotten = await PostAsync(again, 0);
        Assert.Equal(HttpStatusCode.Conflict, forgotten.StatusCode);
        Assert.Equal("text/x.tlog.size", forgotten.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"{size}\n", await forgotten.Content.ReadAsStringAsync());
        using var known = await PostAsync(again, size);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);

        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TestLog.Origin)));
        var latest = SignedNote.Parse(await _http.GetByteArrayAsync(new Uri(again.Url, $"{id}/checkpoint"))).Value;
        Assert.Equal(_log.Published.ToString(), latest.Text);
        Assert.NotNull(Cosignature.Verify(latest, key));

        using var large = await _http.PostAsync(new Uri(again.Url, "add-checkpoint"), new ByteArrayContent(new byte[300_000]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        var second = await OutsideProcess.RunAsync(_folder, "witness", "run", "--state", State, "--listen", "http://127.0.0.1:0");
        Assert.True(second.Code == 3, second.ToString());
        Assert.True(await again.StopAsync());
        Assert.Equal(0, await again.ExitAsync());
    }

    [Fact]
    public async Task A_witness_accepts_one_successor_and_its_operator_sees_it()
    {
        await InitAsync();
        _log.Publish(10);
        await using (var witness = await StartAsync())
        {
            using var answer = await PostAsync(witness, 0);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(await witness.StopAsync());
        }

        using var first = new TestLog("first.test/ledger", _log.Note.ToBytes()).Publish(3);
        using var second = new TestLog("second.test/ledger", _log.Note.ToBytes()).Publish(3);
        var accepted = await OutsideProcess.RunAsync(_folder, "witness", "succeed", "--state", State, first.Folder);
        Assert.True(accepted.Code == 0, accepted.ToString());
        var refused = await OutsideProcess.RunAsync(_folder, "witness", "succeed", "--state", State, second.Folder);
        Assert.True(refused.Code == 3, refused.ToString());

        var shown = await OutsideProcess.RunAsync(_folder, "witness", "show", "--state", State, "--json");
        Assert.Contains("\"successor\": \"first.test/ledger\"", shown.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("second.test", shown.Out, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Combine(State, "evidence")));
    }

    [Fact]
    public async Task A_witness_listens_for_others_only_with_a_certificate()
    {
        await InitAsync();
        var run = await OutsideProcess.RunAsync(_folder, "witness", "run", "--state", State, "--listen", "http://0.0.0.0:0");
        Assert.True(run.Code == 2, run.ToString());
    }

    private async Task<NoteKey> InitAsync()
    {
        var made = await OutsideProcess.RunAsync(_folder, "witness", "init", "--state", State, "--name", "w.test/one");
        Assert.True(made.Code == 0, made.ToString());
        var added = await OutsideProcess.RunAsync(_folder, "witness", "add-log", "--state", State, _log.VKey.ToString());
        Assert.True(added.Code == 0, added.ToString());
        return NoteKey.Parse(made.Out.Trim()["witness ".Length..]).Value;
    }

    private Task<OutsideProcess> StartAsync() => OutsideProcess.StartAsync(_folder, "witness", "run", "--state", State, "--listen", "http://127.0.0.1:0");

    private Task<HttpResponseMessage> PostAsync(OutsideProcess witness, ulong old) => _http.PostAsync(
        new Uri(witness.Url, "add-checkpoint"),
        OutsideProcess.Body(string.Create(CultureInfo.InvariantCulture, $"old {old}\n{string.Concat((old > 0 ? _log.Consistency(old) : []).Select(h => $"{h}\n"))}\n{_log.Note}")));
}
