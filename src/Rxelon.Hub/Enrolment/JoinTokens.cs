using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Enrolment;

/// <summary><see cref="IJoinTokens"/> in <c>tokens.db</c>; using one up is a single conditional update, so two nodes cannot share one.</summary>
internal sealed class JoinTokens : IJoinTokens
{
    internal const string Prefix = "rxj_";
    private const int SecretBytes = 20;

    private readonly SqliteFile _file;
    private readonly string _fingerprint;
    private readonly TimeProvider _time;

    internal JoinTokens(string path, string caFingerprint, TimeProvider time)
    {
        _file = new SqliteFile(path);
        _file.Create();
        _fingerprint = caFingerprint;
        _time = time;
        using var connection = _file.Open();
        SqliteFile.Execute(
            connection,
            "CREATE TABLE IF NOT EXISTS tokens (hash BLOB PRIMARY KEY, operator TEXT NOT NULL, expires INTEGER NOT NULL, used INTEGER, node BLOB) WITHOUT ROWID;");
    }

    /// <inheritdoc/>
    public string Create(AccountId operatorAccount, TimeSpan lifetime)
    {
        var secret = Prefix + Base32.Encode(RandomNumberGenerator.GetBytes(SecretBytes));
        using var connection = _file.Open();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO tokens (hash, operator, expires) VALUES ($hash, $operator, $expires)";
        insert.Parameters.AddWithValue("$hash", HashOf(secret));
        insert.Parameters.AddWithValue("$operator", operatorAccount.ToString());
        insert.Parameters.AddWithValue("$expires", (_time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds());
        insert.ExecuteNonQuery();
        return $"{secret}.{_fingerprint}";
    }

    /// <inheritdoc/>
    public Outcome<AccountId> Consume(string token, NodeId node)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        var hash = HashOf(dot < 0 ? token : token[..dot]);
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        using var connection = _file.Open();
        using var update = connection.CreateCommand();
        update.CommandText =
            "UPDATE tokens SET used = $now, node = $node WHERE hash = $hash AND (used IS NULL OR node = $node) AND expires > $now RETURNING operator";
        update.Parameters.AddWithValue("$node", node.ToBytes());
        update.Parameters.AddWithValue("$hash", hash);
        update.Parameters.AddWithValue("$now", now);
        return update.ExecuteScalar() is string found ? AccountId.Parse(found) : WhyNot(connection, hash, node);
    }

    private static Fault WhyNot(SqliteConnection connection, byte[] hash, NodeId node)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT used IS NOT NULL AND node IS NOT $node FROM tokens WHERE hash = $hash";
        query.Parameters.AddWithValue("$node", node.ToBytes());
        query.Parameters.AddWithValue("$hash", hash);
        return query.ExecuteScalar() switch
        {
            null => new Fault(FaultCodes.Unauthorized, "This join token is not known here; ask the CHS's admin for one."),
            1L => new Fault(FaultCodes.TokenUsed, "This join token was used already; each token enrols one node. Ask for another."),
            _ => new Fault(FaultCodes.TokenExpired, "This join token has expired; ask for another."),
        };
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.ASCII.GetBytes(secret));
}
