from django.urls import path
from django_site.receiving import upload
from django_site.views import file

urlpatterns = [path("smedia/<uid>/play.mp4", file), path("upload/plain", upload), path("upload/buffered", upload)]
