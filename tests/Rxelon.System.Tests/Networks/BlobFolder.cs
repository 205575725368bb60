using Microsoft.Data.Sqlite;
using Rxelon.Shared.Ids;

namespace Rxelon.System.Tests.Networks;

/// <summary>Looks into a hub's blob store past the hub: <c>blobs/ab/cdef…</c> and the rows of <c>blobs.db</c>.</summary>
internal static class BlobFolder
{
    internal static bool Holds(string hubData, BlobId blob)
    {
        var name = blob.ToString();
        return File.Exists(Path.Combine(hubData, "blobs", name[..2], name[2..])) || HasRow(Path.Combine(hubData, "blobs.db"), blob);
    }

    private static bool HasRow(string database, BlobId blob)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT COUNT(*) FROM blobs WHERE id = $id";
        query.Parameters.AddWithValue("$id", blob.ToDigest());
        return (long)query.ExecuteScalar()! > 0;
    }
}
