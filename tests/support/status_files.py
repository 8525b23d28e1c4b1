"""A file of statuses as a portal writes it."""

from datetime import timedelta

from tests.support.filings import START

CODE = "H26.31-261123-0001"
HEAD = "MaHoSo,MaTTHC,TrangThaiHoSo,NgayTiepNhan,NgayHenTra,NgayTra,DonViXuLy,GhiChu"
EXPORTED = START + timedelta(days=2)
