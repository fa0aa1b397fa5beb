from django.urls import path
from django_site.views import file

urlpatterns = [path("smedia/<uid>/play.mp4", file)]
