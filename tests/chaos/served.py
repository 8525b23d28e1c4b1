"""The product as the web server of these tests runs it: static files straight from their folders,
as `live_server` does."""

from django.contrib.staticfiles.handlers import StaticFilesHandler

from opsa.wsgi import application as product

application = StaticFilesHandler(product)
