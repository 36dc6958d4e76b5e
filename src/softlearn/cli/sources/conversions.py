"""Formats that are not read, and what makes of them a file that is."""

from __future__ import annotations

__all__ = ["conversion", "what_converts"]

_FRAME = "read it with {}, and write the frame with to_parquet or to_csv"
_SAVE = "save the table as CSV in {}, and give that file"
_ARRAYS = "read it with {}, and write the arrays with numpy.savez"
_ITSELF = "give the table itself, as CSV"
_UNPACK = "unpack it, and give the file that is in it"
_TRUSTED = "load it where you trust it, and write the frame with to_parquet or to_csv"

_FORMATS: dict[tuple[str, ...], tuple[str, str]] = {
    (".sav", ".zsav"): ("an SPSS file", _FRAME.format("pandas.read_spss")),
    (".dta",): ("a Stata file", _FRAME.format("pandas.read_stata")),
    (".sas7bdat", ".xpt"): ("a SAS file", _FRAME.format("pandas.read_sas")),
    (".h5", ".hdf5", ".hdf"): ("an HDF5 file", _FRAME.format("pandas.read_hdf or h5py")),
    (".orc",): ("an ORC file", _FRAME.format("pandas.read_orc")),
    (".avro",): (
        "an Avro file",
        "read it with polars.read_avro, and write the frame with write_parquet",
    ),
    (".rds", ".rda", ".rdata"): (
        "an R file",
        "write its table in R with write.csv(..., row.names = FALSE)",
    ),
    (".pkl", ".pickle", ".joblib"): ("a Python pickle, which could run code", _TRUSTED),
    (".mat",): ("a MATLAB file", _ARRAYS.format("scipy.io.loadmat")),
    (".pt", ".pth", ".safetensors"): ("a file of tensors", _ARRAYS.format("PyTorch")),
    (".duckdb",): ("a DuckDB database", "write its table with COPY ... TO 'rows.parquet'"),
    (".mdb", ".accdb"): ("an Access database", _SAVE.format("Access")),
    (".dbf",): ("a dBASE file", _SAVE.format("LibreOffice")),
    (".numbers",): ("a Numbers document", _SAVE.format("Numbers (File > Export To > CSV)")),
    (".gsheet",): ("a link to Google Sheets", _SAVE.format("it (File > Download)")),
    (".docx", ".doc", ".odt", ".rtf"): ("a document of text", _ITSELF),
    (".pdf",): ("a PDF document", _ITSELF),
    (".7z", ".rar", ".tar", ".tgz"): ("an archive of a kind that is not unpacked", _UNPACK),
}
_BY_SUFFIX = {suffix: said for suffixes, said in _FORMATS.items() for suffix in suffixes}


def conversion(suffix: str) -> str | None:
    """Return what a file with a suffix is, and what makes it readable; None of other suffixes."""
    said = _BY_SUFFIX.get(suffix)
    return None if said is None else f"is {said[0]}, and is not read: {said[1]}"


def what_converts(suffix: str) -> str:
    """Return what makes a file readable that has one of these suffixes."""
    return _BY_SUFFIX[suffix][1]
